// made by its owner
