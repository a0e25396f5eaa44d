import { Button, TextInput } from '@mantine/core'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { everyUserQuery, type Account } from '@/api/queries/users'
import { formatCount } from '@/domain/durations'
import { roleReaches } from '@/domain/roles'
import { usersSearch, type UsersSearch } from '@/domain/search-params'
import { useUser } from '@/session/session-context'
import classes from '@/ui/filters.module.css'
import { PageFrame } from '@/ui/page-frame'
import { Empty, Forbidden, Loading, QueryStates } from '@/ui/states'
import { EditUser } from './edit-user'
import { InviteUser } from './invite-user'
import { UsersTable } from './users-table'

export function UsersPage() {
  const { role } = useUser()
  if (!roleReaches(role, 'admin')) return <PageFrame title="Users"><Forbidden needs="admin" /></PageFrame>
  return <Accounts />
}

const route = getRouteApi('/users')

function fits(words: string) {
  const wanted = words.toLowerCase()
  return ({ username, email, role }: Account) => [username, email ?? '', role].some((text) => text.toLowerCase().includes(wanted))
}

function Accounts() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isInviting, setInviting] = useState(false)
  const query = useQuery(everyUserQuery(useApi()))
  const go = (change: { [K in keyof UsersSearch]?: UsersSearch[K] | undefined }) =>
    void navigate({ search: usersSearch({ ...search, ...change }), replace: true, resetScroll: false })
  return (
    <PageFrame title="Users" actions={<Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>Invite a user</Button>}>
      <div role="search" aria-label="Users">
        <TextInput
          className={classes.wide ?? ''} aria-label="Search users" placeholder="Name, e-mail or role" leftSection={<IconSearch size={16} aria-hidden />}
          value={search.search ?? ''} onChange={(event) => go({ search: event.currentTarget.value })}
        />
      </div>
      <QueryStates query={query} loading={<Loading rows={6} height={36} label="Loading the users" />}>
        {(accounts) => {
          const found = accounts.filter(fits(search.search ?? ''))
          const open = accounts.find(({ user_id }) => user_id === search.user)
          return (
            <>
              {found.length === 0 ? (
                <Empty title="No user fits" action={<Button variant="default" onClick={() => go({ search: undefined })}>Show all users</Button>}>
                  {`None of ${formatCount(accounts.length, 'account')} has this in its name, e-mail or role.`}
                </Empty>
              ) : <UsersTable accounts={found} onOpen={(user) => go({ user })} />}
              <div className={classes.line}>{formatCount(found.length, 'account')} shown. Accounts are never deleted, only switched off: the audit trail goes on naming them.</div>
              {open !== undefined && <EditUser key={open.user_id} account={open} onClose={() => go({ user: undefined })} />}
            </>
          )
        }}
      </QueryStates>
      {isInviting && <InviteUser onClose={() => setInviting(false)} />}
    </PageFrame>
  )
}
