"""`python -m mnist_app`: the command line."""

from mnist_app.cli.commands import main

if __name__ == "__main__":
    main()
