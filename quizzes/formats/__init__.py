"""Other programs' quiz formats: read into quiz files of ours, and written from them."""
