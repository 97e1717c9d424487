"""Super-resolution networks: functions that return a functional `keras.Model`."""
