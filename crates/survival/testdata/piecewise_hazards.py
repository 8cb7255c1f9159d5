"""pycox 0.3.0 PCHazard loss (f64) and EvalSurv.concordance_td on a small drawn sample."""
import json, numpy as np, torch, pandas as pd
from pycox.models.loss import nll_pc_hazard_loss
from pycox.evaluation import EvalSurv
rng=np.random.default_rng(20261130)
n,K=40,5
ends=np.array([0.7,1.3,2.2,3.5,5.0])
begins=np.concatenate([[0.],ends[:-1]])
time=np.round(rng.uniform(0.05,4.95,n),3)
assert len(set(time))==n
event=rng.uniform(size=n)<0.6
logits=np.round(rng.normal(-1,1.2,(n,K)),3)
k=np.searchsorted(ends,time,side='left')
frac=(time-begins[k])/(ends-begins)[k]
# pycox's loss takes the cumulative hazard of an interval as softplus(phi) and adds interval_frac of it; events add -log softplus(phi)
loss=nll_pc_hazard_loss(torch.tensor(logits),torch.tensor(k),torch.tensor(event.astype(float)),torch.tensor(frac),reduction='mean').item()
sp=np.log1p(np.exp(logits))
def H(t):
    share=np.clip((t-begins)/(ends-begins),0,1)
    return sp@share
ts=np.sort(time)
surv=pd.DataFrame(np.exp(-np.array([H(t) for t in ts])),index=ts)
ev=EvalSurv(surv,time,event,censor_surv=None)
out=dict(source="pycox 0.3.0, torch %s, f64"%torch.__version__, ends=ends.tolist(),time=time.tolist(),event=[bool(e) for e in event],logits=logits.flatten().tolist(),
 nll_pc_hazard_loss=loss, mean_log_length_of_events=float(np.sum(np.log((ends-begins)[k])*event)/n),
 concordance_td=dict(antolini=ev.concordance_td('antolini'),adj_antolini=ev.concordance_td('adj_antolini')))
print(json.dumps(out))
