import { Empty } from '@/ui/states'
import { PageFrame } from '@/ui/page-frame'

export function CommandPage() {
  return (
    <PageFrame title="Command">
      <Empty title="Nothing to show yet">This part of the page is not in this version. Use the command line or the API meanwhile.</Empty>
    </PageFrame>
  )
}
