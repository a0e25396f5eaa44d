"""The commands of vehicles behind a DoIP gateway, one module per family.

Each command is a coroutine that takes a DoipJob, puts the parts of its answer into the job's outlet and returns the
final one. It raises VehicleError, or InvalidRequest before anything is sent.
"""
