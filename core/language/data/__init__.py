"""Word tables of the language room, kept apart from the code that reads them."""
