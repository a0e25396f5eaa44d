/** What a place shows while it has nothing to show: each says why, and what to do. */
import { Button, Code, Skeleton, Stack, Title } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconInbox, IconPlugConnectedX, IconSearchOff, type Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { ApiProblem, problemKind, problemText, type ProblemKind } from '@/domain/problems'
import { Age } from './moments'
import classes from './states.module.css'

interface StateProps {
  readonly icon: Icon
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly alert?: boolean
}

function State({ icon: Sign, title, children, action, alert = false }: StateProps) {
  return (
    <div className={classes.state} role={alert ? 'alert' : undefined}>
      <Sign size={36} stroke={1.4} aria-hidden />
      <Title order={2}>{title}</Title>
      <div className={classes.text}>{children}</div>
      {action}
    </div>
  )
}

interface EmptyProps {
  readonly title: string
  /** Why nothing is here, and how something gets here. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

export function Empty({ title, children, action }: EmptyProps) {
  return <State icon={IconInbox} title={title} action={action}>{children}</State>
}

/** Grey lines in the height of what comes, so that nothing jumps. */
export function Loading({ rows = 6, height = 28, label = 'Loading' }: { readonly rows?: number; readonly height?: number; readonly label?: string }) {
  return (
    <Stack gap="xs" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={height} />)}
    </Stack>
  )
}

const looks: Record<ProblemKind, { icon: Icon; title: string; advice: string }> = {
  forbidden: { icon: IconBan, title: 'You may not see this', advice: 'Ask an administrator for the role that is named here.' },
  missing: { icon: IconSearchOff, title: 'Not found', advice: 'It does not exist, or it lies outside what your account may see. Check the address.' },
  offline: { icon: IconPlugConnectedX, title: 'No connection to the server', advice: '' },
  busy: { icon: IconAlertTriangle, title: 'The server is busy', advice: 'Nothing is lost.' },
  signed_out: { icon: IconBan, title: 'You are signed out', advice: '' },
  other: { icon: IconAlertTriangle, title: 'This did not work', advice: '' },
}

interface FailureProps {
  readonly error: unknown
  readonly retry?: (() => void) | undefined
}

/** Any error of a request: says what happened, what to do, and the number that finds it in the server's logs. */
export function Failure({ error, retry }: FailureProps) {
  const { icon, title, advice } = looks[problemKind(error)]
  const isMissing = problemKind(error) === 'missing'
  const correlation = error instanceof ApiProblem && !isMissing ? error.problem.correlation_id : null
  return (
    <State icon={icon} title={title} alert action={retry && !isMissing && <Button variant="default" onClick={retry}>Try again</Button>}>
      {problemText(error)} {advice}
      {correlation !== null && <div>Number for the administrator: <Code>{correlation}</Code></div>}
    </State>
  )
}

/** For a page that the role does not reach; the server refuses too. */
export function Forbidden({ needs }: { readonly needs: string }) {
  return (
    <State icon={IconBan} title="You may not see this">
      This page needs the role {needs}. Ask an administrator to change your role.
    </State>
  )
}

/** Above content that could not be refreshed. */
export function Stale({ since, retry }: { readonly since: number; readonly retry?: () => void }) {
  return (
    <div className={classes.stale} role="status">
      <IconPlugConnectedX size={16} aria-hidden />
      <span>Not up to date: the server does not answer. This is from <Age at={new Date(since).toISOString()} />.</span>
      {retry && <Button size="compact-xs" variant="default" onClick={retry}>Try again</Button>}
    </div>
  )
}

/** Above what loads, while the first attempts have failed. */
function TriedAgain({ reason }: { readonly reason: unknown }) {
  return (
    <div className={classes.stale} role="status">
      <IconPlugConnectedX size={16} aria-hidden />
      <span>{problemKind(reason) === 'offline' ? 'The server does not answer' : 'The server is busy'}: the page tries again by itself.</span>
    </div>
  )
}

interface QueryLike<T> {
  readonly data: T | undefined
  readonly error: unknown
  readonly dataUpdatedAt: number
  /** What went wrong while it is still tried again. */
  readonly failureReason?: unknown
  readonly refetch: () => unknown
}

interface QueryStatesProps<T> {
  readonly query: QueryLike<T>
  readonly loading?: ReactNode
  readonly children: (data: T) => ReactNode
}

/** The usual order: loading, failure, content; content that is stale stays and says so. */
export function QueryStates<T>({ query, loading = <Loading />, children }: QueryStatesProps<T>) {
  const retry = () => void query.refetch()
  if (query.data === undefined) {
    if (query.error !== null) return <Failure error={query.error} retry={retry} />
    return query.failureReason == null ? loading : <><TriedAgain reason={query.failureReason} />{loading}</>
  }
  return (
    <>
      {query.error !== null && <Stale since={query.dataUpdatedAt} retry={retry} />}
      {children(query.data)}
    </>
  )
}
