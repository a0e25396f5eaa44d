import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useApi } from '@/api/client'
import { commandListQuery } from '@/api/queries/commands'
import { formatCount } from '@/domain/durations'
import { isTerminal } from '@/domain/statuses'
import { useUserNames } from '@/ui/names'
import { Loading, QueryStates } from '@/ui/states'
import { Card, Nothing } from './card'
import { CommandTable } from './command-table'
import { SendLink } from './send-link'

const SHOWN = 15

/** The last commands of this vehicle; all of them are one link away. */
export function HistoryCard({ vehicleId }: { readonly vehicleId: string }) {
  const query = useQuery({ ...commandListQuery(useApi(), { vehicle_id: vehicleId, limit: SHOWN }), refetchInterval: 15_000, placeholderData: keepPreviousData })
  // Those that run or wait stand in the queue; they are the newest.
  const past = query.data === undefined ? 0 : query.data.total - query.data.items.filter(({ status }) => !isTerminal(status)).length
  const userName = useUserNames(query.data?.items.map(({ user_id }) => user_id) ?? [])
  return (
    <Card
      title="History" beside={past > 0 && formatCount(past, 'command')}
      action={<Link to="/commands" search={{ vehicle: vehicleId }} preload={false}>All commands of this vehicle</Link>}
    >
      <QueryStates query={query} loading={<Loading rows={5} />}>
        {({ items }) => {
          const ended = items.filter(({ status }) => isTerminal(status))
          if (ended.length > 0) return <CommandTable label="Past commands" commands={ended} userName={userName} form="history" />
          return (
            <Nothing action={<SendLink vehicleId={vehicleId} command="ReadDTC">Read trouble codes</SendLink>}>
              No command has ended on this vehicle yet. Reading the trouble codes is a safe start.
            </Nothing>
          )
        }}
      </QueryStates>
    </Card>
  )
}
