"""Images -> digits and numbers, with how sure the answer is."""
