import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { ConnectionProblem } from '@/domain/problems'
import { useSessionState, useSessionStore } from '@/session/session-context'
import { Failure, Loading } from '@/ui/states'
import { SignInForm } from '@/ui/sign-in-form'
import { Shell } from './shell'

const SignInPage = lazy(() => import('@/pages/sign-in/sign-in-page'))

/** Who may come in: the sign-in page stands at every address until somebody has signed in, so no link is lost. */
export function Gate() {
  const state = useSessionState()
  const session = useSessionStore()
  switch (state.kind) {
    case 'starting':
      return <Loading rows={3} label="Opening the page" />
    case 'unreachable':
      return <Failure error={new ConnectionProblem(null)} retry={() => void session.start()} />
    case 'signed_out':
      return <Suspense fallback={<Loading rows={3} />}><SignInPage /></Suspense>
    case 'signed_in':
    case 'expired':
      return (
        <>
          <Shell />
          <SignInAgain username={state.kind === 'expired' ? state.user.username : null} />
        </>
      )
  }
}

/** Over the page as it stands: what was typed below stays, waiting requests go on afterwards. */
function SignInAgain({ username }: { readonly username: string | null }) {
  const session = useSessionStore()
  return (
    <Modal
      opened={username !== null} onClose={() => undefined} withCloseButton={false}
      closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended"
    >
      <Stack gap="sm">
        <Text>Sign in again to go on. Nothing that you typed is lost.</Text>
        {username !== null && <SignInForm username={username} />}
        <Group justify="center">
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => void session.signOut().catch(() => location.reload())}>
            Leave this page and sign in as somebody else
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
