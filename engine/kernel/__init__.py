"""The trading semantics of one portfolio, written once: it runs as Python and, compiled from the same text, as machine code.

`lane/` holds them, in the part of Python that `language` describes. `translate` turns that into C99, `build` compiles it,
`library` loads what was compiled and makes sure that it does what the text says.
"""
