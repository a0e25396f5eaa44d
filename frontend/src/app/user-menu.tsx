import { Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconBook, IconKeyboard, IconLogout, IconMoon, IconSettings, IconSun } from '@tabler/icons-react'
import { Link, useRouter } from '@tanstack/react-router'
import { useSessionStore, useUser } from '@/session/session-context'
import { toastFailure } from '@/ui/toasts'
import { showKeyboardHelp } from './keyboard-help'
import { UserButton } from './user-button'

export default function UserMenu() {
  const user = useUser()
  const session = useSessionStore()
  const router = useRouter()
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'

  async function signOut() {
    try {
      await session.signOut()
      await router.navigate({ to: '/vehicles', search: {} })
    } catch (error) {
      toastFailure('You are still signed in', error)
    }
  }

  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UserButton username={user.username} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {user.username} ({user.role})</Menu.Label>
        <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={16} aria-hidden />}>Settings</Menu.Item>
        <Menu.Item
          leftSection={isDark ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />}
          onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
        >
          {isDark ? 'Light colours' : 'Dark colours'}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={showKeyboardHelp}>Keyboard shortcuts</Menu.Item>
        <Menu.Item component="a" href="/docs" target="_blank" rel="noopener" leftSection={<IconBook size={16} aria-hidden />}>API documentation</Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
