"""The plugin's FastAPI app: what the pages in Airflow's UI read and steer. Runs in the API server only.

Every route but the static files asks Airflow's own auth manager; a run belongs to its DAG, so whoever may
read the DAG's runs may read it here, and whoever may change them may pause it and set its speed.
"""
