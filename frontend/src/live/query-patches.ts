/** Live changes go into what the queries have read, so that every list and page shows them without reading again. */
import type { QueryClient } from '@tanstack/react-query'
import { commandKeys, type Command, type CommandList } from '@/api/queries/commands'
import { vehicleKeys, type Vehicle, type VehicleList } from '@/api/queries/vehicles'
import { isTerminal, type CommandStatus } from '@/domain/statuses'
import type { CommandChange, PresenceChange } from './frames'

export function patchPresence(queries: QueryClient, changes: ReadonlyMap<string, PresenceChange>): void {
  if (changes.size === 0) return
  const patch = (vehicle: Vehicle): Vehicle => {
    const change = changes.get(vehicle.vehicle_id)
    if (change === undefined) return vehicle
    const { connection_status, status_cause, status_since, last_seen_at } = change
    return { ...vehicle, connection_status, status_cause, status_since, last_seen_at }
  }
  queries.setQueriesData<VehicleList>({ queryKey: vehicleKeys.lists }, (list) => list && { ...list, items: patchItems(list.items, patch) })
  queries.setQueryData<Vehicle[]>(vehicleKeys.everyOne, (every) => every && patchItems(every, patch))
  for (const vehicleId of changes.keys()) {
    queries.setQueryData<Vehicle>(vehicleKeys.one(vehicleId), (vehicle) => vehicle && patch(vehicle))
  }
}

/** The same array where nothing changed, so that no list draws itself for nothing. */
function patchItems<T>(items: T[], patch: (item: T) => T): T[] {
  const patched = items.map(patch)
  return patched.some((item, index) => item !== items[index]) ? patched : items
}

/** Puts new statuses into all lists. Which list a command belongs to is the server's to say: read those anew afterwards. */
export function patchCommands(queries: QueryClient, changes: readonly CommandChange[]): void {
  const latest = new Map(changes.map((change) => [change.command_id, change]))
  const patch = (command: Command): Command => {
    const change = latest.get(command.command_id)
    if (change === undefined) return command
    return withStatus(command, change.status)
  }
  for (const [key, list] of queries.getQueriesData<CommandList>({ queryKey: commandKeys.lists })) {
    if (list !== undefined) queries.setQueryData<CommandList>(key, { ...list, items: patchItems(list.items, patch) })
  }
  for (const { command_id, status } of changes) {
    patchCommand(queries, command_id, status)
  }
}

/** One command's own page: the status at once, the rest (times, error, reason) read anew. */
export function patchCommand(queries: QueryClient, commandId: string, status: CommandStatus): void {
  const key = commandKeys.one(commandId)
  const known = queries.getQueryData<Command>(key)
  if (known === undefined || known.status === status) return
  queries.setQueryData<Command>(key, withStatus(known, status))
  void queries.invalidateQueries({ queryKey: key })
  void queries.invalidateQueries({ queryKey: commandKeys.timeline(commandId) })
}

function withStatus(command: Command, status: CommandStatus): Command {
  // A late frame must not bring an ended command back to life.
  if (command.status === status || (isTerminal(command.status) && !isTerminal(status))) return command
  return { ...command, status, queue_position: status === 'pending' ? command.queue_position : null }
}
