import { Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { endSession, ownSessionsQuery, sessionKeys } from '@/api/queries/sessions'
import layout from '@/ui/layout.module.css'
import { SessionTable } from '@/ui/session-table'
import { Loading, QueryStates } from '@/ui/states'

/** Where one is signed in oneself. */
export function Sessions() {
  const api = useApi()
  const query = useQuery(ownSessionsQuery(api))
  return (
    <section className={layout.card} aria-labelledby="sessions">
      <Title order={2} id="sessions">Your sessions</Title>
      <Text c="dimmed" size="sm" mb="sm">Where your account is signed in. End those that you do not know, then change your password.</Text>
      <QueryStates query={query} loading={<Loading rows={3} height={36} label="Loading your sessions" />}>
        {(sessions) => <SessionTable label="List of your sessions" sessions={sessions} end={(id) => endSession(api, id)} queryKey={sessionKeys.all} />}
      </QueryStates>
    </section>
  )
}
