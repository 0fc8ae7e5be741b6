namespace Athanor.Data.Urls;

/// <summary>
/// The common suffixes of two parts under which countries let anyone register, and the countries in which all suffixes have two. A small part of the Public Suffix List
/// (publicsuffix.org), which is read whole where the settings name it.
/// </summary>
internal static class CommonSuffixes
{
    /// <summary>Country and its second-level suffixes.</summary>
    public const string SecondLevel =
        "ac:com,edu,gov,mil,net,org ad:nom ae:ac,co,gov,mil,net,org,sch af:com,edu,gov,net,org ag:co,com,net,nom,org ai:com,net,org al:com,edu,gov,mil,net,org am:co,com,net,org " +
        "ao:co,gv ar:com,edu,gob,gov,int,mil,net,org as:gov at:ac,co,gv,or au:asn,com,edu,gov,id,info,net,org aw:com az:biz,com,edu,gov,info,int,mil,name,net,org,pro " +
        "ba:com,edu,gov,mil,net,org bb:biz,co,com,edu,gov,info,net,org,store,tv be:ac bf:gov bh:com,edu,gov,net,org bi:co,com,edu,or,org bj:co,com,edu,info,net,org " +
        "bm:com,edu,gov,net,org bn:com,edu,gov,net,org bo:com,edu,gob,info,int,mil,net,org,tv,web br:adv,art,com,edu,gov,ind,med,mil,net,org,pro,tv bs:com,edu,gov,net,org " +
        "bt:com,edu,gov,net,org bw:co,org by:com,gov,mil bz:com,edu,gov,net,org cd:gov ci:ac,asso,co,com,edu,go,gouv,int,net,or,org cl:co,gob,gov,mil cm:co,com,gov,net " +
        "cn:ac,com,edu,gov,mil,net,org co:com,edu,firm,gov,info,int,mil,net,nom,org,web cr:ac,co,go,or cu:com,edu,gov,net,org cv:com,edu,int,org cw:com,edu,net,org cx:gov " +
        "cy:ac,biz,com,gov,ltd,mil,net,org,press,pro dm:com,edu,gov,net,org do:art,com,edu,gob,gov,mil,net,org,web dz:art,asso,com,edu,gov,net,org " +
        "ec:com,edu,gob,gov,info,med,mil,net,org,pro ee:com,edu,gov,med,org eg:com,edu,gov,mil,name,net,org es:com,edu,gob,nom,org et:biz,com,edu,gov,info,name,net,org " +
        "fj:ac,biz,com,gov,info,mil,name,net,org,pro fm:com,edu,net,org fr:asso,com,gouv,nom gd:edu,gov ge:com,edu,gov,mil,net,org gg:co,net,org gh:com,edu,gov,mil,org " +
        "gi:com,edu,gov,ltd,mod,org gl:co,com,edu,net,org gn:ac,com,edu,gov,net,org gp:asso,com,edu,net,org gr:com,edu,gov,net,org gt:com,edu,gob,ind,mil,net,org " +
        "gu:com,edu,gov,info,net,org,web gy:co,com,edu,gov,net,org hk:com,edu,gov,net,org hn:com,edu,gob,mil,net,org hr:com,name " +
        "ht:art,asso,com,edu,firm,gouv,info,med,net,org,pro,shop hu:co,info,org,shop id:ac,biz,co,go,mil,net,or,sch,web ie:gov il:ac,co,gov,net,org im:ac,co,com,net,org,tv " +
        "in:ac,biz,co,com,edu,firm,gen,gov,ind,info,int,me,mil,net,org,pro,tv io:com iq:com,edu,gov,mil,net,org ir:ac,co,gov,id,net,org,sch is:com,edu,gov,int,net,org " +
        "it:co,edu,go,gov,me,or,re,tv je:co,net,org jo:com,edu,gov,mil,name,net,org,sch jp:ac,co,go,lg,ne,or ke:ac,co,go,info,me,ne,or kg:com,edu,gov,mil,net,org " +
        "ki:biz,com,edu,gov,info,net,org km:asso,com,edu,gouv,gov,mil,nom,org kn:edu,gov,net,org kp:com,edu,gov,org kr:ac,co,go,mil,ne,or,re kw:com,edu,gov,ind,net,org " +
        "ky:com,edu,net,org kz:com,edu,gov,mil,net,org la:com,edu,gov,info,int,net,org lb:com,edu,gov,net,org lc:co,com,edu,gov,net,org lk:ac,com,edu,gov,int,ltd,net,org,sch,web " +
        "lr:com,edu,gov,net,org ls:ac,biz,co,edu,gov,info,net,org lt:gov lv:asn,com,edu,gov,id,mil,net,org ly:com,edu,gov,id,med,net,org,plc,sch ma:ac,co,gov,net,org,press mc:asso " +
        "me:ac,co,edu,gov,net,org mg:co,com,edu,gov,mil,nom,org mk:com,edu,gov,name,net,org ml:com,edu,gouv,gov,net,org mn:edu,gov,org mo:com,edu,gov,net,org mr:gov " +
        "ms:com,edu,gov,net,org mt:com,edu,net,org mu:ac,co,com,gov,net,or,org mv:biz,com,edu,gov,info,int,mil,name,net,org,pro mw:ac,biz,co,com,edu,gov,int,net,org " +
        "mx:com,edu,gob,net,org my:biz,com,edu,gov,mil,name,net,org mz:ac,adv,co,edu,gov,mil,net,org na:co,com,info,name,or,org,pro,school,tv nc:asso,nom " +
        "nf:com,firm,info,net,store,web ng:com,edu,gov,mil,name,net,org,sch ni:ac,biz,co,com,edu,gob,info,int,mil,net,nom,org,web no:mil nr:biz,com,edu,gov,info,net,org " +
        "nz:ac,co,gen,mil,net,org,school om:co,com,edu,gov,med,net,org,pro pa:ac,com,edu,gob,med,net,nom,org pe:com,edu,gob,mil,net,nom,org pf:com,edu,org " +
        "ph:com,edu,gov,mil,net,org pk:biz,com,edu,gob,gov,info,net,org,web pl:biz,com,edu,gov,info,mil,net,nom,org,shop pn:co,edu,gov,net,org " +
        "pr:ac,biz,com,edu,gov,info,name,net,org,pro ps:com,edu,gov,net,org pt:com,edu,gov,int,net,org pw:co,go,ne,or py:com,edu,gov,mil,net,org " +
        "qa:com,edu,gov,mil,name,net,org,sch re:asso,com,nom ro:com,firm,info,nom,org,store rs:ac,co,edu,gov,org rw:ac,co,gov,mil,net,org sa:com,edu,gov,med,net,org,sch " +
        "sb:com,edu,gov,net,org sc:com,edu,gov,net,org sd:com,edu,gov,info,med,net,org,tv se:ac,org,press sg:com,edu,gov,net,org sh:com,gov,mil,net,org sl:com,edu,gov,net,org " +
        "sn:art,com,edu,gouv,org so:com,edu,gov,me,net,org ss:biz,com,edu,gov,me,net,org,sch st:co,com,edu,mil,net,org,store sv:com,edu,gob,org sx:gov sy:com,edu,gov,mil,net,org " +
        "sz:ac,co,org th:ac,co,go,net,or tj:ac,biz,co,com,edu,go,gov,int,mil,name,net,org,web tl:gov tm:co,com,edu,gov,mil,net,nom,org tn:com,gov,ind,info,net,org " +
        "to:com,edu,gov,mil,net,org tr:biz,com,edu,gen,gov,info,mil,name,net,org,tv,web tt:biz,co,com,edu,gov,info,int,name,net,org,pro tw:com,edu,gov,mil,net,org " +
        "tz:ac,co,go,info,me,mil,ne,or,tv ua:com,edu,gov,lg,net,org ug:ac,co,com,go,ne,or,org uk:ac,co,gov,ltd,me,net,nhs,org,plc,police us:co,id,me,ne,or uy:com,edu,mil,net,org " +
        "uz:co,com,net,org vc:com,edu,gov,mil,net,org ve:co,com,edu,firm,gob,gov,info,int,mil,net,nom,org,store,web vi:co,com,net,org " +
        "vn:ac,biz,com,edu,gov,info,int,name,net,org,pro vu:com,edu,net,org ws:com,edu,gov,net,org ye:com,edu,gov,mil,net,org za:ac,co,edu,gov,law,mil,net,nom,org,school,web " +
        "zm:ac,biz,co,com,edu,gov,info,mil,net,org,sch zw:ac,co,gov,mil,org";

    /// <summary>Suffixes of which every name below is one too.</summary>
    public const string Wildcards = "bd nom.br ck er fk jm kawasaki.jp kitakyushu.jp kobe.jp nagoya.jp sapporo.jp sendai.jp yokohama.jp kh mm np pg sch.uk";

    /// <summary>Names below such a suffix that are none.</summary>
    public const string Exceptions = "www.ck city.kawasaki.jp city.kitakyushu.jp city.kobe.jp city.nagoya.jp city.sapporo.jp city.sendai.jp city.yokohama.jp";
}
