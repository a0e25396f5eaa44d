import { expect, test } from './support/fixtures.ts'
import { formFor } from './support/form.ts'

test('a viewer sees all and can send nothing, and is told why', async ({ page, enter, api, account }) => {
  const golf = await api.connected('000101')
  const { command_id: id } = await api.send(golf, 'ReadDTC', { ecuAddress: '0x10' })
  await api.ended(id)
  await enter('/vehicles', await account('viewer'))
  const nav = page.getByRole('navigation', { name: 'Main' })
  await expect(nav.getByRole('link')).toHaveText(['Fleet', 'History', 'Settings'])
  await page.goto(`/vehicles/${golf.vehicle_id}`)
  await expect(page.getByText(/Your role \(viewer\) may look, not send/)).toBeVisible()
  await expect(page.getByRole('link', { name: 'Send a command' })).toHaveCount(0)
  await page.goto(`/commands/${id}`)
  await expect(page.getByRole('article')).toHaveCount(2)
  await expect(page.getByRole('link', { name: 'Send again' })).toHaveCount(0)
  for (const [path, needs] of [[formFor(golf, 'ReadDTC'), 'engineer'], ['/users', 'admin'], ['/audit', 'admin']] as const) {
    await page.goto(path)
    await expect(page.getByText('You may not see this')).toBeVisible()
    await expect(page.getByText(`needs the role ${needs}`)).toBeVisible()
  }
})

test('an account that is switched off is out at once, also on a page that stands open', async ({ page, enter, api, complaints }) => {
  complaints.allow(/status of 40[13]/, /WebSocket connection/)
  const guest = await api.account('guest-who-leaves', 'viewer')
  await enter('/vehicles', guest)
  await expect(page.getByText(/All 16 vehicles shown/)).toBeVisible()
  const { body } = await api.call('GET', '/api/v1/users')
  const { user_id: id } = (body as { items: { user_id: string; username: string }[] }).items.find(({ username }) => username === guest.username) ?? { user_id: '' }
  const { status } = await api.call('PATCH', `/api/v1/users/${id}`, { is_active: false })
  expect(status).toBe(200)
  await expect(page.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
})
