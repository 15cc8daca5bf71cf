"""From what an author wrote to what is rendered: partials put in place, MJML to HTML, schemas,
samples. Pure: in come parts, out go built parts and problems. For publishing and review.
"""
