# U2-Net with the official parameter names
import torch, torch.nn as nn, torch.nn.functional as F
class C(nn.Module):
    def __init__(s,i,o,d=1):
        super().__init__(); s.conv_s1=nn.Conv2d(i,o,3,padding=d,dilation=d); s.bn_s1=nn.BatchNorm2d(o); s.relu_s1=nn.ReLU(inplace=True)
    def forward(s,x): return s.relu_s1(s.bn_s1(s.conv_s1(x)))
def up(a,b): return F.interpolate(a,size=b.shape[2:],mode='bilinear',align_corners=False)
class RSU(nn.Module):
    def __init__(s,h,i,m,o):
        super().__init__(); s.h=h
        s.rebnconvin=C(i,o); s.rebnconv1=C(o,m)
        for k in range(2,h): setattr(s,f'rebnconv{k}',C(m,m))
        setattr(s,f'rebnconv{h}',C(m,m,2))
        for k in range(h-1,1,-1): setattr(s,f'rebnconv{k}d',C(2*m,m))
        s.rebnconv1d=C(2*m,o); s.pool=nn.MaxPool2d(2,2,ceil_mode=True)
    def forward(s,x):
        xin=s.rebnconvin(x); e=[]; t=xin
        for k in range(1,s.h):
            t=getattr(s,f'rebnconv{k}')(t); e.append(t)
            if k<s.h-1: t=s.pool(t)
        t=getattr(s,f'rebnconv{s.h}')(t)
        for k in range(s.h-1,0,-1):
            if t.shape!=e[k-1].shape: t=up(t,e[k-1])
            t=getattr(s,f'rebnconv{k}d')(torch.cat((t,e[k-1]),1))
        return t+xin
class RSU4F(nn.Module):
    def __init__(s,i,m,o):
        super().__init__()
        s.rebnconvin=C(i,o); s.rebnconv1=C(o,m); s.rebnconv2=C(m,m,2); s.rebnconv3=C(m,m,4); s.rebnconv4=C(m,m,8)
        s.rebnconv3d=C(2*m,m,4); s.rebnconv2d=C(2*m,m,2); s.rebnconv1d=C(2*m,o)
    def forward(s,x):
        xin=s.rebnconvin(x); a=s.rebnconv1(xin); b=s.rebnconv2(a); c=s.rebnconv3(b); d=s.rebnconv4(c)
        c=s.rebnconv3d(torch.cat((d,c),1)); b=s.rebnconv2d(torch.cat((c,b),1)); return s.rebnconv1d(torch.cat((b,a),1))+xin
class U2Net(nn.Module):
    def __init__(s,small=False,out=1):
        super().__init__()
        if small:
            m=[16]*11; o=[64]*11
        else:
            m=[32,32,64,128,256,256,256,128,64,32,16]; o=[64,128,256,512,512,512,512,256,128,64,64]
        s.stage1=RSU(7,3,m[0],o[0]); s.stage2=RSU(6,o[0],m[1],o[1]); s.stage3=RSU(5,o[1],m[2],o[2]); s.stage4=RSU(4,o[2],m[3],o[3])
        s.stage5=RSU4F(o[3],m[4],o[4]); s.stage6=RSU4F(o[4],m[5],o[5])
        s.stage5d=RSU4F(o[5]+o[4],m[6],o[6]); s.stage4d=RSU(4,o[6]+o[3],m[7],o[7]); s.stage3d=RSU(5,o[7]+o[2],m[8],o[8]); s.stage2d=RSU(6,o[8]+o[1],m[9],o[9]); s.stage1d=RSU(7,o[9]+o[0],m[10],o[10])
        for k,c in zip(range(1,7),[o[10],o[9],o[8],o[7],o[6],o[5]]): setattr(s,f'side{k}',nn.Conv2d(c,out,3,padding=1))
        s.outconv=nn.Conv2d(6*out,out,1); s.pool=nn.MaxPool2d(2,2,ceil_mode=True)
    def forward(s,x):
        a=s.stage1(x); b=s.stage2(s.pool(a)); c=s.stage3(s.pool(b)); d=s.stage4(s.pool(c)); e=s.stage5(s.pool(d)); f=s.stage6(s.pool(e))
        cat=lambda p,q: torch.cat((up(p,q),q),1)
        e=s.stage5d(cat(f,e)); d=s.stage4d(cat(e,d)); c=s.stage3d(cat(d,c)); b=s.stage2d(cat(c,b)); a=s.stage1d(cat(b,a))
        d1=s.side1(a); ds=[d1]+[up(getattr(s,f'side{k}')(t),d1) for k,t in zip(range(2,7),[b,c,d,e,f])]
        d0=s.outconv(torch.cat(ds,1)); return tuple(torch.sigmoid(t) for t in [d0]+ds)
