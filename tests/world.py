"""The world everybody knows.

acme-vendor                                                      vendor@acme.example (billing manager)
├── north        region emea                                     north@north.example (billing manager)
│   ├── bolt     Europe/Berlin                                   billing@, admin@, viewer@bolt.example
│   │   ├── bolt-dental
│   │   ├── bolt-garage
│   │   └── bolt-moved     until 2026-10-15, then below coil
│   └── coil                                                     billing@coil.example
│       ├── coil-bakery
│       └── bolt-moved     from 2026-10-16 on
└── south        region emea                                     south@south.example (billing manager)
    └── dune     region latam: without usage reports             billing@dune.example
        └── dune-hotel

smb      workspace-security  seat      own_maxima
credits  endpoint-core       endpoint  group_peak_day             3.75 credits
         email-core          user      percentile_day (85)        1.25 credits, 1.5 from 2026-07-01
         backup-storage      GB        average                    0.5 credits; can't measure used
nfr      nfr-license         seat      last_day                   1 credit
"""

from datetime import UTC, datetime

APPLIED_AT = datetime(2026, 1, 1, 8, tzinfo=UTC)
FILE_NAME = "NETWORK.yaml"

NETWORK = """\
installation: {currency: USD, time_zone: UTC}
regions:         [{code: emea, usage_reports: true}, {code: latam, usage_reports: false}]
account_types:   [{code: msp, usage_reports: true}, {code: reseller, usage_reports: false}]
solution_groups:
  - {code: smb, name: Small and medium business solutions}
  - {code: credits, name: Credit-based services}
  - {code: nfr, name: NFR license}
services:
  - {code: workspace-security, name: Workspace Security, group: smb, unit: seat, measure: own_maxima}
  - {code: endpoint-core, name: Endpoint Security Core, group: credits, unit: endpoint, measure: group_peak_day,
     credits: [{from: 2025-01-01, per_unit: "3.75"}]}
  - {code: email-core, name: Email Security Core, group: credits, unit: user, measure: {name: percentile_day, percentile: 85},
     reports_used: true, chargeable_basis: used, credits: [{from: 2025-01-01, per_unit: 1.25}, {from: 2026-07-01, per_unit: 1.5}]}
  - {code: backup-storage, name: Backup Storage, group: credits, unit: {code: GB, name: Gigabyte, decimals: 3}, measure: average,
     reports_used: false, credits: [{from: 2025-01-01, per_unit: "0.5"}]}
  - {code: nfr-license, name: NFR License, group: nfr, unit: seat, measure: last_day, chargeable_basis: greater,
     credits: [{from: 2025-01-01, per_unit: 1}]}
accounts:
  - {ref: acme-vendor, tier: vendor, name: Acme Security}
  - {ref: north, tier: distributor, parent: acme-vendor, name: North Distribution, region: emea}
  - {ref: south, tier: distributor, parent: acme-vendor, name: South Distribution, region: emea}
  - {ref: bolt, tier: msp, parent: north, name: Bolt IT, region: emea, type: msp, time_zone: Europe/Berlin, city: Berlin, state: BE}
  - {ref: coil, tier: msp, parent: north, name: Coil Services, region: emea, type: msp}
  - {ref: dune, tier: msp, parent: south, name: Dune Computing, region: latam, type: msp, time_zone: America/Bogota}
  - {ref: bolt-dental, tier: customer, parent: bolt, name: Dental Care}
  - {ref: bolt-garage, tier: customer, parent: bolt, name: Garage Center}
  - {ref: coil-bakery, tier: customer, parent: coil, name: Bakery Brothers}
  - {ref: bolt-moved, tier: customer, name: Moved Ltd, placements: [{parent: bolt, from: 2025-01-01}, {parent: coil, from: 2026-10-16}]}
  - {ref: dune-hotel, tier: customer, parent: dune, name: Hotel Dune}
sources: [{code: rmm-feed, expected: daily}, {code: manual, unmapped: keep}]
members:
  - {email: vendor@acme.example, account: acme-vendor, role: billing_manager}
  - {email: north@north.example, account: north, role: billing_manager}
  - {email: south@south.example, account: south, role: billing_manager}
  - {email: admin@bolt.example, account: bolt, role: admin}
  - {email: billing@bolt.example, account: bolt, role: billing_manager, name: Bella Bolt}
  - {email: viewer@bolt.example, account: bolt, role: viewer}
  - {email: billing@coil.example, account: coil, role: billing_manager}
  - {email: billing@dune.example, account: dune, role: billing_manager}
terms:
  - {account: north, from: 2026-01-01, auto_submit_after_days: 5, over_provision_percent: 10, over_provision_units: 5,
     penalty: charge_provisioned, auto_approve: clean}
"""
