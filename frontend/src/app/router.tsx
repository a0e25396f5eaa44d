/** Every address of the page. Pages load when they are opened; what stands after `?` is typed in src/domain/search-params.ts. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import {
  auditSearch, batchSearch, commandSearch, compareSearch, fleetSearch, historySearch, sendSearch, usersSearch, vehicleSearch,
} from '@/domain/search-params'
import { isUuid } from '@/domain/uuid'
import { Loading } from '@/ui/states'
import { PageBroken, PageMissing } from './broken'
import { Gate } from './gate'

const root = createRootRoute({ component: Gate })
const under = { getParentRoute: () => root } as const

/** An id that cannot be one leads nowhere, and the server need not be asked. */
function refuseUnless(isId: boolean): void {
   
  if (!isId) throw notFound()
}

const home = createRoute({
  ...under,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/vehicles' })
  },
})

const routes = [
  home,
  createRoute({
    ...under,
    path: '/vehicles',
    validateSearch: fleetSearch,
    component: lazyRouteComponent(() => import('@/pages/fleet/fleet-page'), 'FleetPage'),
  }),
  createRoute({
    ...under,
    path: '/vehicles/$vehicleId',
    beforeLoad: ({ params }) => refuseUnless(isUuid(params.vehicleId)),
    validateSearch: vehicleSearch,
    component: lazyRouteComponent(() => import('@/pages/vehicle/vehicle-page'), 'VehiclePage'),
  }),
  createRoute({
    ...under,
    path: '/send',
    validateSearch: sendSearch,
    component: lazyRouteComponent(() => import('@/pages/send-command/send-command-page'), 'SendCommandPage'),
  }),
  createRoute({
    ...under,
    path: '/send/results',
    validateSearch: batchSearch,
    component: lazyRouteComponent(() => import('@/pages/batch/batch-page'), 'BatchPage'),
  }),
  createRoute({
    ...under,
    path: '/commands',
    validateSearch: historySearch,
    component: lazyRouteComponent(() => import('@/pages/history/history-page'), 'HistoryPage'),
  }),
  createRoute({
    ...under,
    path: '/commands/compare',
    validateSearch: compareSearch,
    component: lazyRouteComponent(() => import('@/pages/compare/compare-page'), 'ComparePage'),
  }),
  createRoute({
    ...under,
    path: '/commands/$commandId',
    beforeLoad: ({ params }) => refuseUnless(isUuid(params.commandId)),
    validateSearch: commandSearch,
    component: lazyRouteComponent(() => import('@/pages/command/command-page'), 'CommandPage'),
  }),
  createRoute({
    ...under,
    path: '/audit',
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import('@/pages/audit/audit-page'), 'AuditPage'),
  }),
  createRoute({
    ...under,
    path: '/users',
    validateSearch: usersSearch,
    component: lazyRouteComponent(() => import('@/pages/users/users-page'), 'UsersPage'),
  }),
  createRoute({
    ...under,
    path: '/settings',
    component: lazyRouteComponent(() => import('@/pages/settings/settings-page'), 'SettingsPage'),
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: PageBroken,
  defaultNotFoundComponent: PageMissing,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
