"""What a network looks at in one image."""
