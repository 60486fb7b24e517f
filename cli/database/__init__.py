"""A results tree as a database: views over its files, for questions in SQL and for export."""
