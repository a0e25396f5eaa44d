import { Kbd, UnstyledButton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { Link, Outlet } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useUser } from '@/session/session-context'
import { openPalette } from '@/ui/palette'
import { places } from '@/ui/places'
import { ConnectionStatus } from './connection-status'
import iconUrl from './icon.svg'
import { KeyboardHelp } from './keyboard-help'
import { PaletteHost } from './palette-host'
import classes from './shell.module.css'
import { UserButton } from './user-button'

const UserMenu = lazy(() => import('./user-menu'))

/** Header, navigation and the place of the page. */
export function Shell() {
  const { role, username } = useUser()
  return (
    <>
      <a className={classes.skip} href="#main">Skip to the content</a>
      <header className={`${classes.header ?? ''} no-print`}>
        <Link to="/vehicles" className={classes.brand ?? ''}>
          <img src={iconUrl} width={22} height={22} alt="" />
          SOVD Command
        </Link>
        <nav className={classes.nav} aria-label="Main">
          {places(role).map(({ to, label }) => (
            <Link key={to} to={to} className={classes.link ?? ''} activeOptions={{ includeSearch: false }}>{label}</Link>
          ))}
        </nav>
        <div className={classes.right}>
          <ConnectionStatus />
          <UnstyledButton className={classes.find} onClick={openPalette}>
            <IconSearch size={14} aria-hidden /> Find <Kbd size="xs">Ctrl K</Kbd>
          </UnstyledButton>
          <Suspense fallback={<UserButton username={username} />}><UserMenu /></Suspense>
        </div>
      </header>
      <main id="main" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      <KeyboardHelp />
      <PaletteHost />
    </>
  )
}
