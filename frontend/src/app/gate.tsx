import { lazy, Suspense } from 'react'
import { ConnectionProblem } from '@/domain/problems'
import { useSessionState, useSessionStore } from '@/session/session-context'
import { Failure, Loading } from '@/ui/states'
import { Shell } from './shell'

const SignInPage = lazy(() => import('@/pages/sign-in/sign-in-page'))
const SignInAgain = lazy(() => import('./sign-in-again'))

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
          {state.kind === 'expired' && <Suspense fallback={null}><SignInAgain username={state.user.username} /></Suspense>}
        </>
      )
  }
}
