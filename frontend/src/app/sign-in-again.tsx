import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useSessionStore } from '@/session/session-context'
import { SignInForm } from '@/ui/sign-in-form'

/** Over the page as it stands: what was typed below stays, waiting requests go on afterwards. */
export default function SignInAgain({ username }: { readonly username: string }) {
  const session = useSessionStore()
  return (
    <Modal
      opened onClose={() => undefined} withCloseButton={false}
      closeOnEscape={false} closeOnClickOutside={false} title="Your session has ended"
    >
      <Stack gap="sm">
        <Text>Sign in again to go on. Nothing that you typed is lost.</Text>
        <SignInForm username={username} />
        <Group justify="center">
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => void session.signOut().catch(() => location.reload())}>
            Leave this page and sign in as somebody else
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
