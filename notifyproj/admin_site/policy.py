"""What the admin's pages may load: nothing from elsewhere, and no script within a page."""

from preferences.centre import brand

# Unfold's Alpine.js makes functions of its attributes, and its colours are a <style> in the page.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:{logo}; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)


def policy() -> str:
    origin = brand.logo_origin()
    return POLICY.format(logo=f" {origin}" if origin else "")
