"""The template language of API Gateway: Velocity with `$input`, `$context` and `$util`.

`templates` is the way in; the other files scan, parse and interpret.

Source: https://velocity.apache.org/engine/1.7/user-guide.html
"""
