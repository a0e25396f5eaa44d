import { Alert, Button, Stack, Text } from '@mantine/core'
import { CopyIcon } from '@/ui/copy-button'
import classes from './users.module.css'

interface PasswordOnceProps {
  readonly username: string
  readonly password: string
  readonly onDone: () => void
}

/** The only time that a generated password is on a screen. */
export function PasswordOnce({ username, password, onDone }: PasswordOnceProps) {
  return (
    <Stack gap="sm">
      <Text>Give <b>{username}</b> this password on a safe way. It can be changed under Settings after the first sign-in.</Text>
      <div className={classes.password}>
        <span data-testid="password">{password}</span>
        <CopyIcon value={password} what="password" />
      </div>
      <Alert color="yellow">It is shown only now and is stored nowhere in readable form. If it gets lost, make a new one here.</Alert>
      <Button onClick={onDone} data-autofocus>I have passed it on</Button>
    </Stack>
  )
}
