import { arrivals, watchArrivals } from './support/arrivals.ts'
import { expect, liveStatus, test, type Page } from './support/fixtures.ts'
import { formFor, outcome, sendButton, troubleCode } from './support/form.ts'

test('from the fleet to the answer: P0420, then P0171, then completed, each as it arrives', async ({ page, enter, api }) => {
  const accord = await api.connected('000104')
  await enter('/vehicles')
  await page.getByLabel('Search vehicles').fill('accord')
  await page.getByRole('grid', { name: 'Vehicles' }).getByText(accord.vin).click()
  await page.getByRole('region', { name: 'Quick commands' }).getByRole('link', { name: 'Read trouble codes' }).click()
  await expect(page.getByRole('region', { name: 'Target of the command' })).toContainText(accord.vin)
  await expect(liveStatus(page)).toHaveText('Live')

  await watchArrivals(page, ['P0420', 'P0171', 'Completed.'])
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
  await expect(troubleCode(page, 'P0420')).toBeVisible()
  await expect(troubleCode(page, 'P0171')).toBeVisible()

  // Each stood there before the next one came: an answer that is shown when it is complete has one stage only.
  expect(await arrivals(page)).toEqual([['P0420'], ['P0420', 'P0171'], ['P0420', 'P0171', 'Completed.']])
})

test('a second viewer who comes late, and one after the end, see the same, complete', async ({ page, context, enter, api }) => {
  const accord = await api.connected('000104')
  await enter('/settings')
  const late = await context.newPage()
  await late.goto('/settings')
  const { command_id: id } = await api.send(accord, 'ReadDTC', { ecuAddress: '0x10' })
  await page.goto(`/commands/${id}`)
  await expect(troubleCode(page, 'P0420')).toBeVisible()
  await late.goto(`/commands/${id}`)
  for (const one of [page, late]) await expect(outcome(one)).toContainText('Completed.')
  const after = await context.newPage()
  await after.goto(`/commands/${id}`)
  await expect(outcome(after)).toContainText('Completed.')
  for (const one of [page, late, after]) {
    await expect(one.getByRole('article')).toHaveCount(2)
    await expect(one.getByRole('article').first()).toHaveAttribute('aria-label', 'Trouble code P0420')
    await expect(one.getByRole('article').last()).toHaveAttribute('aria-label', 'Trouble code P0171')
  }
  const answerOf = (one: Page) => one.getByRole('region', { name: 'Trouble codes' }).innerText()
  const seen = await Promise.all([page, late, after].map(answerOf))
  expect(new Set(seen).size, 'different answers on three pages').toBe(1)
})

test('a running command is cancelled, and the page says what that means for the vehicle', async ({ page, enter, api }) => {
  const megane = await api.connected('000110')
  const { command_id: id } = await api.send(megane, 'ReadDTC', { ecuAddress: '0x10' })
  await enter(`/commands/${id}`)
  await expect(outcome(page)).toContainText('Running.')
  await page.getByRole('button', { name: 'Cancel command' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/Reason/).fill('wrong vehicle')
  await dialog.getByRole('button', { name: 'Cancel command' }).click()
  await expect(outcome(page)).toContainText('Cancelled while it ran')
  await expect(outcome(page)).toContainText('The vehicle was stopped for certain')
  await expect(page.getByRole('button', { name: 'Cancel command' })).toHaveCount(0)
})

test('a vehicle that fails half-way: what came stays, what went wrong and what to do is said', async ({ page, enter, api }) => {
  const sonata = await api.connected('000108')
  const { command_id: id } = await api.send(sonata, 'ReadDTC', { ecuAddress: '0x10' })
  await enter(`/commands/${id}`)
  await expect(outcome(page)).toContainText('Failed.')
  await expect(outcome(page)).toContainText('What to do next')
  await expect(page.getByRole('article')).toHaveCount(1)
})

test('a vehicle that speaks DoIP answers too, with its control units and their trouble codes', async ({ page, enter, api }) => {
  const simulated = await api.connected('000201')
  await enter(formFor(simulated, 'DiscoverECUs'))
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
  await expect(page.getByRole('region', { name: /Control units found/ })).toContainText('0x1010')
  await page.goto(formFor(simulated, 'ReadDTC', { ecuAddress: '0x1010' }))
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
  await expect(page.getByRole('article', { name: /Trouble code P0420/ })).toBeVisible()
  await expect(page.getByRole('article', { name: /Trouble code P0171/ })).toBeVisible()
  await page.goto(`/vehicles/${simulated.vehicle_id}`)
  await expect(page.getByRole('tree', { name: 'Control units' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Last known trouble codes' })).toContainText('P0420')
})

test('raw answer and the files that one takes along hold all of it', async ({ page, enter, api }) => {
  const golf = await api.connected('000101')
  const { command_id: id } = await api.send(golf, 'ReadDTC', { ecuAddress: '0x10' })
  await api.ended(id)
  await enter(`/commands/${id}`)
  await expect(outcome(page)).toContainText('Completed.')
  for (const [item, expected] of [[/JSON/, '"P0171"'], [/CSV/, 'P0171']] as const) {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()])
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString('utf8')).toContain(expected)
  }
})
