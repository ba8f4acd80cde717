"""Song requests: an application on the tables of ``accounts_4``, in processes that follow the migration's flag."""
