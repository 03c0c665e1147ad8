import type { Deal, ReleaseDeal } from '../model/notification';
import { element, leaf, type Node } from './string-tree';

const dealNode = (deal: Deal): Node =>
  element('Deal', null, [
    element('DealTerms', null, [
      ...deal.territories.codes.map((code) => leaf(deal.territories.mode === 'only' ? 'TerritoryCode' : 'ExcludedTerritoryCode', code)),
      element('ValidityPeriod', null, [leaf('StartDateTime', deal.start), leaf('EndDateTime', deal.end)]),
      leaf('CommercialModelType', deal.commercialModel),
      ...deal.useTypes.map((use) => leaf('UseType', use)),
      deal.rightsClaimPolicy !== undefined && element('RightsClaimPolicy', null, [leaf('RightsClaimPolicyType', deal.rightsClaimPolicy)]),
      // No PriceType: it is meant for price codes, and a standard price is what its absence says.
      deal.price &&
        element('PriceInformation', null, [leaf('WholesalePricePerUnit', deal.price.amount, { CurrencyCode: deal.price.currency })]),
    ]),
  ]);

export const dealNodes = (deals: ReleaseDeal[]): Node[] =>
  deals.map((item) =>
    element('ReleaseDeal', null, [
      ...item.releases.map((reference) => leaf('DealReleaseReference', reference)),
      ...item.deals.map(dealNode),
    ]),
  );
