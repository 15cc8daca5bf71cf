"""What providers tell us later: their callbacks in, stored, and folded into what became of each
message. `asgi` and `views` take them; `fold` is the task that reads them."""
