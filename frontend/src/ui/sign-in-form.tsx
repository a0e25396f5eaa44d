import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useState, type SubmitEvent } from 'react'
import { ApiProblem, problemText } from '@/domain/problems'
import { useSessionStore } from '@/session/session-context'

interface SignInFormProps {
  /** Set where one user continues: the name is then given. */
  readonly username?: string
}

function words(error: unknown): string {
  if (error instanceof ApiProblem && error.status === 401) return 'User name or password is wrong. Check both and try again.'
  if (error instanceof ApiProblem && error.retryAfterS !== null) {
    return `Too many attempts. Wait ${String(Math.ceil(error.retryAfterS))} s, then try again.`
  }
  return problemText(error)
}

export function SignInForm({ username: given }: SignInFormProps) {
  const session = useSessionStore()
  const [username, setUsername] = useState(given ?? '')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await session.signIn(username.trim(), password)
    } catch (problem) {
      setError(problem)
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} aria-label="Sign in">
      <Stack gap="sm">
        {error !== null && <Alert color="red" role="alert">{words(error)}</Alert>}
        <TextInput
          label="User name" name="username" autoComplete="username" required
          value={username} onChange={(event) => setUsername(event.currentTarget.value)}
          readOnly={given !== undefined} data-autofocus={given === undefined || undefined}
        />
        <PasswordInput
          label="Password" name="password" autoComplete="current-password" required
          value={password} onChange={(event) => setPassword(event.currentTarget.value)}
          data-autofocus={given !== undefined || undefined}
        />
        <Button type="submit" loading={busy} fullWidth>Sign in</Button>
      </Stack>
    </form>
  )
}
