"""PostgreSQL: engine, tables, migrations. Only this package and `repositories` know SQLAlchemy."""
