"""`python -m cli` is `admf`."""

from cli.app import main

if __name__ == "__main__":
    main()
