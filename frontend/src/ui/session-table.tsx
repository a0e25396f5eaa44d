import { Button, Group, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useState } from 'react'
import type { OwnSession } from '@/api/queries/sessions'
import { formatCount } from '@/domain/durations'
import { userAgentWords } from '@/domain/user-agent'
import filters from './filters.module.css'
import { Age, Moment } from './moments'
import { ToneBadge } from './status-badge'
import { toastDone, toastFailure } from './toasts'

const FEW = 8

interface SessionTableProps {
  readonly label: string
  readonly sessions: readonly OwnSession[]
  readonly end: (sessionId: string) => Promise<void>
  /** Read anew after one has ended. */
  readonly queryKey: QueryKey
}

/** Where an account is signed in. Ends sessions one by one; the present one ends with “Sign out”. */
export function SessionTable({ label, sessions, end, queryKey }: SessionTableProps) {
  const [showsAll, setShowsAll] = useState(false)
  // The present one first: it is the one to recognise the others by.
  const sorted = [...sessions].sort((one, other) => Number(other.current) - Number(one.current))
  const shown = showsAll ? sorted : sorted.slice(0, FEW)
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <div className={filters.scroll} tabIndex={0} role="region" aria-label={label}>
        <Table miw={480}>
          <Table.Thead>
            <Table.Tr><Table.Th>Program</Table.Th><Table.Th w={120}>Last used</Table.Th><Table.Th w={200}>Signed in</Table.Th><Table.Th w={125}>End</Table.Th></Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((session) => <SessionRow key={session.session_id} session={session} end={end} queryKey={queryKey} />)}
          </Table.Tbody>
        </Table>
      </div>
      {sorted.length > FEW && (
        <Button mt="xs" variant="subtle" size="compact-sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? 'Show fewer' : `Show all ${formatCount(sorted.length, 'session')}`}
        </Button>
      )}
    </>
  )
}

type SessionRowProps = Pick<SessionTableProps, 'end' | 'queryKey'> & { readonly session: OwnSession }

function SessionRow({ session, end, queryKey }: SessionRowProps) {
  const queries = useQueryClient()
  const program = userAgentWords(session.user_agent)
  const from = session.ip_address ?? 'an unknown address'
  const ending = useMutation({
    mutationFn: () => end(session.session_id),
    async onSuccess() {
      toastDone(`The session of ${program} has ended.`)
      await queries.invalidateQueries({ queryKey })
    },
    onError: (error) => toastFailure('The session goes on', error),
  })
  return (
    <Table.Tr>
      <Table.Td title={session.user_agent ?? undefined}>
        <Group gap="xs">{program}{session.current && <ToneBadge tone="good">This one</ToneBadge>}</Group>
        <Text size="sm" c="dimmed">from {from}</Text>
      </Table.Td>
      <Table.Td className={filters.nowrap ?? ''}><Age at={session.last_used_at} /></Table.Td>
      <Table.Td className={filters.nowrap ?? ''}><Moment at={session.created_at} /></Table.Td>
      <Table.Td>
        {session.current ? <Text size="sm" c="dimmed" className={filters.nowrap ?? ''}>with “Sign out”</Text> : (
          <Button size="compact-sm" variant="default" loading={ending.isPending} aria-label={`End the session of ${program}, from ${from}`} onClick={() => ending.mutate()}>
            End
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
