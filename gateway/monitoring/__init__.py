"""What Clearbill tells of itself to whoever looks after it: figures for Prometheus, a dashboard, alarms."""
