import { Button, Group } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { Empty, Failure } from '@/ui/states'

/** A page that threw while it was drawn, or whose code could not be loaded. */
export function PageBroken({ error, reset }: ErrorComponentProps) {
  useDocumentTitle('Something went wrong · SOVD Command')
  // After an update of the server the old page's files are gone: a reload brings the new ones.
  const isOutdated = error instanceof Error && /dynamically imported module|Importing a module script/i.test(error.message)
  if (isOutdated) {
    return (
      <Empty title="The page was updated" action={<Button onClick={() => location.reload()}>Reload</Button>}>
        This part could not be loaded. The server has a newer version of the page, or it cannot be reached.
      </Empty>
    )
  }
  return (
    <div>
      <Failure error={error} retry={reset} />
      <Group justify="center"><Button variant="subtle" onClick={() => location.reload()}>Reload the page</Button></Group>
    </div>
  )
}

export function PageMissing() {
  useDocumentTitle('No such page · SOVD Command')
  return (
    <Empty title="No such page" action={<Button renderRoot={(props: object) => <Link {...props} to="/vehicles" />}>Go to the fleet</Button>}>
      Nothing is at this address. The link may be old, or a part of it may be missing.
    </Empty>
  )
}
