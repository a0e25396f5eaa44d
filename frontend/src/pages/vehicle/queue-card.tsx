import type { Command } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { useUserNames } from '@/ui/names'
import { Loading, QueryStates } from '@/ui/states'
import { Card, Nothing } from './card'
import { CommandTable } from './command-table'
import { useQueue } from './use-vehicle'
import classes from './vehicle.module.css'

/** Who works on the vehicle at this moment, in words. */
export function whoWorks(commands: readonly Command[], userName: (userId: string) => string): string {
  const running = commands.filter(({ status }) => status === 'in_progress')
  const waiting = commands.length - running.length
  const rest = waiting === 0 ? 'Nothing waits.' : `${formatCount(waiting, 'command waits', 'commands wait')} behind it.`
  if (running.length === 0) return `Nobody works on the vehicle now. ${formatCount(waiting, 'command waits', 'commands wait')} for it.`
  const work = new Map<string, string[]>()
  for (const { user_id: userId, command_name: name } of running) work.set(userId, [...(work.get(userId) ?? []), name])
  return `${[...work].map(([userId, names]) => `${userName(userId)} runs ${names.join(', ')}`).join('; ')}. ${rest}`
}

/** What the vehicle does now, what waits, and who sent it. */
export function QueueCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const isConnected = vehicle.connection_status === 'connected'
  const queue = useQueue(vehicle.vehicle_id)
  const userName = useUserNames(queue.data?.map(({ user_id }) => user_id) ?? [])
  const count = queue.data?.length ?? 0
  return (
    <Card title="Queue" beside={queue.data !== undefined && count > 0 && formatCount(count, 'command')}>
      <QueryStates query={queue} loading={<Loading rows={2} />}>
        {(commands) => commands.length === 0
          ? <Nothing>Nothing runs and nothing waits. A command sent now {isConnected ? 'starts at once' : 'waits until the vehicle answers, or expires'}.</Nothing>
          : (
            <>
              <p className={classes.text}>{whoWorks(commands, userName)}</p>
              <CommandTable label="Commands running and waiting" commands={commands} userName={userName} form="queue" />
            </>
          )}
      </QueryStates>
    </Card>
  )
}
