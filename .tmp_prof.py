import tempfile, pathlib, cProfile, pstats, time
from bench import storage as b
from storage.migrate import upgrade; from storage.store import Store; from storage.vault import Vault
d=pathlib.Path(tempfile.mkdtemp()); url=f'sqlite:///{d}/x.db'; upgrade(url); s=Store(url,Vault.create(d/'k',['bench'])); s.open()
for f in range(0,10000,1000): s.write_now(b._note(f),within=60)
t=time.process_time(); s.read_now(lambda u:u.verify()); print('cpu us/entry',(time.process_time()-t)/10000*1e6)
p=cProfile.Profile(); p.enable(); s.read_now(lambda u:u.verify()); p.disable(); pstats.Stats(p).sort_stats('tottime').print_stats(14)
p=cProfile.Profile()
from storage.unit import Unit
with s._database.writing() as c:
    u=Unit(c,s._vault,s._clock); p.enable(); b._note(20000)(u); p.disable()
pstats.Stats(p).sort_stats('tottime').print_stats(14)
s.close_now()
