import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { Loading, QueryStates } from '@/ui/states'
import { Card, Nothing } from './card'
import { CommandTable } from './command-table'
import { useQueue, useUserNames } from './use-vehicle'

/** What the vehicle does now, what waits, and who sent it. */
export function QueueCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const isConnected = vehicle.connection_status === 'connected'
  const queue = useQueue(vehicle.vehicle_id)
  const userName = useUserNames()
  const count = queue.data?.length ?? 0
  return (
    <Card title="Queue" beside={queue.data !== undefined && count > 0 && formatCount(count, 'command')}>
      <QueryStates query={queue} loading={<Loading rows={2} />}>
        {(commands) => commands.length === 0
          ? <Nothing>Nothing runs and nothing waits. A command sent now {isConnected ? 'starts at once' : 'waits until the vehicle answers, or expires'}.</Nothing>
          : <CommandTable label="Commands running and waiting" commands={commands} userName={userName} form="queue" />}
      </QueryStates>
    </Card>
  )
}
