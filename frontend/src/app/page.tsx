import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ApiContext } from '@/api/client'
import { LiveContext } from '@/live/live-context'
import { SessionContext } from '@/session/session-context'
import { theme, themeVariables } from '@/ui/theme'
import { router } from './router'
import type { Services } from './services'

/** The whole page. Theme variables and breakpoint classes come from files: see src/ui/theme.ts. */
export function Page({ services }: { readonly services: Services }) {
  return (
    <MantineProvider
      theme={theme} cssVariablesResolver={themeVariables} defaultColorScheme="auto"
      withCssVariables={false} withGlobalClasses={false}
    >
      <Notifications position="bottom-right" limit={4} />
      <SessionContext value={services.session}>
        <ApiContext value={services.api}>
          <QueryClientProvider client={services.queries}>
            <LiveContext value={services.live}><RouterProvider router={router} /></LiveContext>
          </QueryClientProvider>
        </ApiContext>
      </SessionContext>
    </MantineProvider>
  )
}
