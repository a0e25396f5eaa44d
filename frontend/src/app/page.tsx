import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ApiContext } from '@/api/client'
import { LiveContext } from '@/live/live-context'
import { SessionContext } from '@/session/session-context'
import { theme, themeVariables } from '@/ui/theme'
import { router } from './router'
import type { Services } from './services'

const ToastsPlace = lazy(() => import('./toasts-place'))

/** The whole page. Theme variables and breakpoint classes come from files: see src/ui/theme.ts. */
export function Page({ services }: { readonly services: Services }) {
  return (
    <MantineProvider
      theme={theme} cssVariablesResolver={themeVariables} defaultColorScheme="auto"
      withCssVariables={false} withGlobalClasses={false}
    >
      <Suspense fallback={null}><ToastsPlace /></Suspense>
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
