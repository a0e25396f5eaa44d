import { Alert, Button, PasswordInput, Stack, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { changePassword, sessionKeys } from '@/api/queries/sessions'
import { ApiProblem, problemText } from '@/domain/problems'
import { useUser } from '@/session/session-context'
import layout from '@/ui/layout.module.css'
import { toastDone } from '@/ui/toasts'

const LEAST = 12
const empty = { current: '', next: '', again: '' }

/** What can be said before the server is asked; null where nothing is wrong. */
function wrongNew(next: string, username: string): string | null {
  if (next.length < LEAST) return `Use at least ${String(LEAST)} characters; this has ${String(next.length)}.`
  return next.toLowerCase() === username.toLowerCase() ? 'It must differ from your user name.' : null
}

export function PasswordForm() {
  const api = useApi()
  const queries = useQueryClient()
  const { username } = useUser()
  const [typed, setTyped] = useState(empty)
  const [isTried, setTried] = useState(false)
  const change = useMutation({
    mutationFn: () => changePassword(api, typed.current, typed.next),
    async onSuccess() {
      setTyped(empty)
      setTried(false)
      toastDone('Your password is changed. All your other sessions have ended.')
      await queries.invalidateQueries({ queryKey: sessionKeys.all })
    },
  })
  const said = (pointer: string) => (change.error instanceof ApiProblem ? change.error.fieldMessage(pointer) : null)
  const wrong = {
    current: said('/current_password') === null ? null : 'This is not your present password.',
    next: (isTried ? wrongNew(typed.next, username) : null) ?? said('/new_password'),
    again: isTried && typed.again !== typed.next ? 'This is not the same as the new password.' : null,
  }
  const isElsewhere = change.isError && wrong.current === null && said('/new_password') === null
  const type = (field: keyof typeof empty) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget
    change.reset()
    setTyped((before) => ({ ...before, [field]: value }))
  }
  return (
    <section className={layout.card} aria-labelledby="password">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (wrongNew(typed.next, username) === null && typed.again === typed.next) change.mutate()
        }}
      >
        <Stack gap="sm" maw={400}>
          <Title order={2} id="password">Change your password</Title>
          {isElsewhere && <Alert color="red" role="alert" title="The password was not changed">{problemText(change.error)}</Alert>}
          {/* Lets password managers keep the new password with the right account. */}
          <input type="text" autoComplete="username" value={username} readOnly hidden />
          <PasswordInput label="Present password" autoComplete="current-password" required value={typed.current} error={wrong.current} onChange={type('current')} />
          <PasswordInput
            label="New password" description={`At least ${String(LEAST)} characters. All your other sessions end.`} autoComplete="new-password" required
            value={typed.next} error={wrong.next} onChange={type('next')}
          />
          <PasswordInput label="New password again" autoComplete="new-password" required value={typed.again} error={wrong.again} onChange={type('again')} />
          <Button type="submit" loading={change.isPending} style={{ alignSelf: 'flex-start' }}>Change password</Button>
        </Stack>
      </form>
    </section>
  )
}
