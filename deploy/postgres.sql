-- Runs once, when the database is made: MLflow's tables beside Dagster's.
CREATE DATABASE mlflow OWNER f1lake;
