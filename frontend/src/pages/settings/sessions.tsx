import { Button, Group, Table, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { endSession, ownSessionsQuery, sessionKeys, type OwnSession } from '@/api/queries/sessions'
import { formatCount } from '@/domain/durations'
import { userAgentWords } from '@/domain/user-agent'
import filters from '@/ui/filters.module.css'
import layout from '@/ui/layout.module.css'
import { Age, Moment } from '@/ui/moments'
import { Loading, QueryStates } from '@/ui/states'
import { ToneBadge } from '@/ui/status-badge'
import { toastDone, toastFailure } from '@/ui/toasts'

/** Where one is signed in. Ends sessions one by one; the present one ends with “Sign out”. */
export function Sessions() {
  const query = useQuery(ownSessionsQuery(useApi()))
  return (
    <section className={layout.card} aria-labelledby="sessions">
      <Title order={2} id="sessions">Your sessions</Title>
      <Text c="dimmed" size="sm" mb="sm">Where your account is signed in. End those that you do not know, then change your password.</Text>
      <QueryStates query={query} loading={<Loading rows={3} height={36} label="Loading your sessions" />}>
        {(sessions) => <SessionTable sessions={sessions} />}
      </QueryStates>
    </section>
  )
}

const FEW = 8

function SessionTable({ sessions }: { readonly sessions: readonly OwnSession[] }) {
  const [showsAll, setShowsAll] = useState(false)
  // The present one first: it is the one to recognise the others by.
  const sorted = [...sessions].sort((one, other) => Number(other.current) - Number(one.current))
  const shown = showsAll ? sorted : sorted.slice(0, FEW)
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <div className={filters.scroll} tabIndex={0} role="region" aria-label="List of your sessions">
        <Table miw={680}>
          <Table.Thead>
            <Table.Tr><Table.Th>Program</Table.Th><Table.Th w={130}>From</Table.Th><Table.Th w={120}>Last used</Table.Th><Table.Th w={190}>Signed in</Table.Th><Table.Th w={150}>End</Table.Th></Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((session) => <SessionRow key={session.session_id} session={session} />)}
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

function SessionRow({ session }: { readonly session: OwnSession }) {
  const api = useApi()
  const queries = useQueryClient()
  const program = userAgentWords(session.user_agent)
  const end = useMutation({
    mutationFn: () => endSession(api, session.session_id),
    async onSuccess() {
      toastDone(`The session of ${program} has ended.`)
      await queries.invalidateQueries({ queryKey: sessionKeys.all })
    },
    onError: (error) => toastFailure('The session goes on', error),
  })
  return (
    <Table.Tr>
      <Table.Td title={session.user_agent ?? undefined}>
        <Group gap="xs">{program}{session.current && <ToneBadge tone="good">This one</ToneBadge>}</Group>
      </Table.Td>
      <Table.Td className={filters.nowrap ?? ''}>{session.ip_address ?? 'unknown'}</Table.Td>
      <Table.Td className={filters.nowrap ?? ''}><Age at={session.last_used_at} /></Table.Td>
      <Table.Td className={filters.nowrap ?? ''}><Moment at={session.created_at} /></Table.Td>
      <Table.Td>
        {session.current ? <Text size="sm" c="dimmed">with “Sign out”</Text> : (
          <Button size="compact-sm" variant="default" loading={end.isPending} aria-label={`End the session of ${program}, from ${session.ip_address ?? 'unknown'}`} onClick={() => end.mutate()}>
            End
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
