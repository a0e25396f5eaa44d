import { Alert, Button, Drawer, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { changeUser, endUserSession, userKeys, userSessionsQuery, type Account, type AccountChange } from '@/api/queries/users'
import { problemText } from '@/domain/problems'
import { useUser } from '@/session/session-context'
import { useReturnFocus } from '@/ui/return-focus'
import { SessionTable } from '@/ui/session-table'
import { Loading, QueryStates } from '@/ui/states'
import { toastDone } from '@/ui/toasts'
import { accountPointers, AccountFields, otherError, type AccountDraft } from './account-fields'
import { newPassword } from './password'
import { PasswordOnce } from './password-once'

interface EditUserProps {
  readonly account: Account
  readonly onClose: () => void
}

function changesOf(account: Account, draft: AccountDraft): AccountChange {
  const email = draft.email.trim() === '' ? null : draft.email.trim()
  const scope = draft.vehicleIds === null ? null : [...draft.vehicleIds]
  return {
    ...(draft.username.trim() !== account.username && { username: draft.username.trim() }),
    ...(email !== account.email && { email }),
    ...(draft.role !== account.role && { role: draft.role }),
    ...(JSON.stringify(scope) !== JSON.stringify(account.vehicle_ids) && { vehicle_ids: scope }),
  }
}

function useChange(account: Account) {
  const api = useApi()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (change: AccountChange) => changeUser(api, account.user_id, change),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: userKeys.all })
      await queries.invalidateQueries({ queryKey: userKeys.sessions(account.user_id) })
    },
  })
}

export function EditUser({ account, onClose }: EditUserProps) {
  useReturnFocus()
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={`User ${account.username}`}>
      <Stack gap="xl">
        <Fields account={account} onClose={onClose} />
        <Access account={account} />
        <Sessions account={account} />
        <Group gap="xs">
          <Button variant="default" size="compact-sm" renderRoot={(props) => <Link to="/commands" search={{ user: account.user_id }} {...props} />}>Commands sent</Button>
          <Button variant="default" size="compact-sm" renderRoot={(props) => <Link to="/audit" search={{ actor: account.user_id }} {...props} />}>What it did (audit)</Button>
        </Group>
      </Stack>
    </Drawer>
  )
}

/** Where the account is signed in: a lost laptop is one line here. */
function Sessions({ account }: { readonly account: Account }) {
  const api = useApi()
  const query = useQuery(userSessionsQuery(api, account.user_id))
  return (
    <Stack gap="sm" component="section" aria-labelledby="sessions">
      <Title order={2} id="sessions">Sessions</Title>
      <QueryStates query={query} loading={<Loading rows={2} height={44} label="Loading the sessions" />}>
        {(sessions) => sessions.length === 0 ? <Text c="dimmed" size="sm">{account.username} is not signed in anywhere now.</Text> : (
          <SessionTable
            label={`Sessions of ${account.username}`} sessions={sessions}
            end={(id) => endUserSession(api, account.user_id, id)} queryKey={userKeys.sessions(account.user_id)}
          />
        )}
      </QueryStates>
    </Stack>
  )
}

function Fields({ account, onClose }: EditUserProps) {
  const me = useUser()
  const [draft, setDraft] = useState<AccountDraft>({ username: account.username, email: account.email ?? '', role: account.role, vehicleIds: account.vehicle_ids })
  const change = useChange(account)
  const changes = changesOf(account, draft)
  const wrong = otherError(change.error, accountPointers)
  const losesAdmin = account.user_id === me.user_id && changes.role !== undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(changes, {
          onSuccess() {
            toastDone(`${draft.username} is changed.`)
            onClose()
          },
        })
      }}
    >
      <Stack gap="md">
        {wrong !== null && <Alert color="red" role="alert" title="Nothing was changed">{wrong}</Alert>}
        <AccountFields draft={draft} onChange={setDraft} error={change.error} />
        {losesAdmin && <Alert color="yellow">This is your own account: without the role admin you cannot take this back yourself.</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={change.isPending} disabled={Object.keys(changes).length === 0}>Save</Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Switching off and on, and a new password. Both end the account's sessions at once. */
function Access({ account }: { readonly account: Account }) {
  const me = useUser()
  const change = useChange(account)
  const [asks, setAsks] = useState<'switch' | 'password' | null>(null)
  const [password, setPassword] = useState<string | null>(null)
  const isMe = account.user_id === me.user_id
  if (password !== null) return <PasswordOnce username={account.username} password={password} onDone={() => setPassword(null)} />

  function switchOver() {
    change.mutate({ is_active: !account.is_active }, {
      onSuccess() {
        setAsks(null)
        toastDone(account.is_active ? `${account.username} is switched off; all its sessions have ended.` : `${account.username} can sign in again.`)
      },
    })
  }
  function renew() {
    const made = newPassword()
    change.mutate({ password: made }, {
      onSuccess() {
        setAsks(null)
        setPassword(made)
      },
    })
  }

  return (
    <Stack gap="sm" component="section" aria-labelledby="access">
      <Title order={2} id="access">Access</Title>
      {change.isError && <Alert color="red" role="alert" title="Nothing was changed">{problemText(change.error)}</Alert>}
      {isMe ? <Text c="dimmed" size="sm">This is your own account. End sessions and change the password under Settings; only another admin can switch it off.</Text> : (
        <>
          <Text c="dimmed" size="sm">{account.is_active ? 'Both ways end all sessions of the account at once, also running pages.' : 'The account is off: nobody can sign in with it.'}</Text>
          {asks === null ? (
            <Group gap="xs">
              <Button variant={account.is_active ? 'light' : 'default'} color={account.is_active ? 'red' : 'blue'} onClick={() => setAsks('switch')}>{account.is_active ? 'Switch off' : 'Switch on'}</Button>
              <Button variant="default" onClick={() => setAsks('password')}>New password</Button>
            </Group>
          ) : (
            <Group gap="xs" role="group" aria-label="Are you sure?">
              <Text>{question(asks, account)}</Text>
              <Button color={asks === 'switch' && account.is_active ? 'red' : 'blue'} loading={change.isPending} onClick={asks === 'switch' ? switchOver : renew}>
                {asks === 'password' ? 'Make a new password' : account.is_active ? 'Switch it off' : 'Switch it on'}
              </Button>
              <Button variant="default" onClick={() => setAsks(null)}>Keep it as it is</Button>
            </Group>
          )}
        </>
      )}
    </Stack>
  )
}

function question(asks: 'switch' | 'password', { username, is_active: isActive }: Account): string {
  if (asks === 'password') return `The old password of ${username} stops working at once, and the new one is shown here once.`
  return isActive ? `${username} is signed out everywhere. Commands that it has sent and that are waiting will not run.` : `${username} can sign in with its old password.`
}
