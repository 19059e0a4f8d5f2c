"""The schema of the list of runs, and migrations from earlier versions."""

# Each brings the file from the version that is its index to the next.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        owner TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL,
        settings TEXT NOT NULL,
        training TEXT NOT NULL DEFAULT '[]',
        validation TEXT NOT NULL DEFAULT '[]',
        accuracy REAL,
        loss REAL,
        seconds REAL NOT NULL DEFAULT 0,
        weights INTEGER NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        process TEXT NOT NULL
    )
    """,
    "ALTER TABLE runs ADD COLUMN checkpoints TEXT NOT NULL DEFAULT ''",
    # In a table of their own: they are far longer than the rest of a run, and seldom asked for.
    "CREATE TABLE curves (run INTEGER PRIMARY KEY, training TEXT NOT NULL, "
    "validation TEXT NOT NULL)",
    "INSERT INTO curves SELECT id, training, validation FROM runs",
    "ALTER TABLE runs DROP COLUMN training",
    "ALTER TABLE runs DROP COLUMN validation",
    "ALTER TABLE runs ADD COLUMN images_per_second REAL NOT NULL DEFAULT 0",
    # Two runs never have one name.
    "UPDATE runs SET title = title || ' (run ' || id || ')' WHERE EXISTS "
    "(SELECT 1 FROM runs AS older WHERE older.title = runs.title AND older.id < runs.id)",
    "ALTER TABLE runs RENAME COLUMN weights TO parameter_count",
)
COLUMNS = tuple(
    "id title owner created state settings accuracy loss seconds images_per_second parameter_count "
    "model error checkpoints process".split()
)
SORTABLE = (
    "id",
    "title",
    "owner",
    "created",
    "state",
    "accuracy",
    "loss",
    "seconds",
    "parameter_count",
)
COUNTED = ("seconds", "parameter_count")
