"""Works that a report cites, by key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A citation; `doi` is empty where the work has none."""

    text: str
    doi: str = ""


REFERENCES: dict[str, Reference] = {
    "reitsma2005": Reference(
        "Reitsma JB, Glas AS, Rutjes AWS, Scholten RJPM, Bossuyt PM, Zwinderman AH. Bivariate "
        "analysis of sensitivity and specificity produces informative summary measures in "
        "diagnostic reviews. J Clin Epidemiol 2005;58:982–990.",
        "10.1016/j.jclinepi.2005.02.022",
    ),
    "chu2006": Reference(
        "Chu H, Cole SR. Bivariate meta-analysis of sensitivity and specificity with sparse data: "
        "a generalized linear mixed model approach. J Clin Epidemiol 2006;59:1331–1332.",
        "10.1016/j.jclinepi.2006.06.011",
    ),
    "harbord2007": Reference(
        "Harbord RM, Deeks JJ, Egger M, Whiting P, Sterne JAC. A unification of models for "
        "meta-analysis of diagnostic accuracy studies. Biostatistics 2007;8:239–251.",
        "10.1093/biostatistics/kxl004",
    ),
    "rutter2001": Reference(
        "Rutter CM, Gatsonis CA. A hierarchical regression approach to meta-analysis of diagnostic "
        "test accuracy evaluations. Stat Med 2001;20:2865–2884.",
        "10.1002/sim.942",
    ),
    "macaskill2022": Reference(
        "Macaskill P, Takwoingi Y, Deeks JJ, Gatsonis C. Understanding meta-analysis, and "
        "Undertaking meta-analysis. In: Cochrane Handbook for Systematic Reviews of Diagnostic "
        "Test Accuracy, version 2, chapters 9 and 10. Cochrane, 2022."
    ),
    "nyaga2018": Reference(
        "Nyaga VN, Aerts M, Arbyn M. ANOVA model for network meta-analysis of diagnostic test "
        "accuracy data. Stat Methods Med Res 2018;27:1766–1784.",
        "10.1177/0962280216669182",
    ),
    "chu2009": Reference(
        "Chu H, Chen S, Louis TA. Random effects models in a meta-analysis of the accuracy of two "
        "diagnostic tests without a gold standard. J Am Stat Assoc 2009;104:512–523.",
        "10.1198/jasa.2009.0017",
    ),
    "chu2009trivariate": Reference(
        "Chu H, Nie L, Cole SR, Poole C. Meta-analysis of diagnostic accuracy studies accounting "
        "for disease prevalence: alternative parameterizations and model selection. Stat Med "
        "2009;28:2384–2399.",
        "10.1002/sim.3627",
    ),
    "dendukuri2012": Reference(
        "Dendukuri N, Schiller I, Joseph L, Pai M. Bayesian meta-analysis of the accuracy of a "
        "test for tuberculous pleuritis in the absence of a gold standard reference. Biometrics "
        "2012;68:1285–1293.",
        "10.1111/j.1541-0420.2012.01773.x",
    ),
    "liu2015": Reference(
        "Liu Y, Chen Y, Chu H. A unification of models for meta-analysis of diagnostic accuracy "
        "studies without a gold standard. Biometrics 2015;71:538–547.",
        "10.1111/biom.12264",
    ),
    "ma2018": Reference(
        "Ma X, Lian Q, Chu H, Ibrahim JG, Chen Y. A Bayesian hierarchical model for network "
        "meta-analysis of multiple diagnostic tests. Biostatistics 2018;19:87–102.",
        "10.1093/biostatistics/kxx025",
    ),
    "jones2019": Reference(
        "Jones HE, Gatsonis CA, Trikalinos TA, Welton NJ, Ades AE. Quantifying how diagnostic test "
        "accuracy depends on threshold in a meta-analysis. Stat Med 2019;38:4789–4803.",
        "10.1002/sim.8301",
    ),
    "steinhauser2016": Reference(
        "Steinhauser S, Schumacher M, Rücker G. Modelling multiple thresholds in meta-analysis of "
        "diagnostic test accuracy studies. BMC Med Res Methodol 2016;16:97.",
        "10.1186/s12874-016-0196-1",
    ),
    "mcnemar1947": Reference(
        "McNemar Q. Note on the sampling error of the difference between correlated proportions or "
        "percentages. Psychometrika 1947;12:153–157.",
        "10.1007/BF02295996",
    ),
    "plackett1965": Reference(
        "Plackett RL. A class of bivariate distributions. J Am Stat Assoc 1965;60:516–522.",
        "10.1080/01621459.1965.10480807",
    ),
    "rao1992": Reference(
        "Rao JNK, Scott AJ. A simple method for the analysis of clustered binary data. Biometrics "
        "1992;48:577–585.",
        "10.2307/2532311",
    ),
    "roever2020": Reference(
        "Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package. J Stat "
        "Softw 2020;93(6):1–51.",
        "10.18637/jss.v093.i06",
    ),
    "higgins2009": Reference(
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects "
        "meta-analysis. J R Stat Soc A 2009;172:137–159.",
        "10.1111/j.1467-985X.2008.00552.x",
    ),
    "higgins2002": Reference(
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med "
        "2002;21:1539–1558.",
        "10.1002/sim.1186",
    ),
    "vevea1995": Reference(
        "Vevea JL, Hedges LV. A general linear model for estimating effect size in the presence of "
        "publication bias. Psychometrika 1995;60:419–435.",
        "10.1007/BF02294384",
    ),
    "maier2023": Reference(
        "Maier M, Bartoš F, Wagenmakers EJ. Robust Bayesian meta-analysis: addressing publication "
        "bias with model-averaging. Psychol Methods 2023;28:107–122.",
        "10.1037/met0000405",
    ),
    "bartos2023": Reference(
        "Bartoš F, Maier M, Wagenmakers EJ, Doucouliagos H, Stanley TD. Robust Bayesian "
        "meta-analysis: model-averaging across complementary publication bias adjustment methods. "
        "Res Synth Methods 2023;14:99–116.",
        "10.1002/jrsm.1594",
    ),
    "preston2004": Reference(
        "Preston C, Ashby D, Smyth R. Adjusting for publication bias: modelling the selection "
        "process. J Eval Clin Pract 2004;10:313–322.",
        "10.1111/j.1365-2753.2003.00457.x",
    ),
    "citkowicz2017": Reference(
        "Citkowicz M, Vevea JL. A parsimonious weight function for modeling publication bias. "
        "Psychol Methods 2017;22:28–41.",
        "10.1037/met0000119",
    ),
    "stanley2014": Reference(
        "Stanley TD, Doucouliagos H. Meta-regression approximations to reduce publication "
        "selection bias. Res Synth Methods 2014;5:60–78.",
        "10.1002/jrsm.1095",
    ),
    "deeks2005": Reference(
        "Deeks JJ, Macaskill P, Irwig L. The performance of tests of publication bias and other "
        "sample size effects in systematic reviews of diagnostic test accuracy was assessed. J "
        "Clin Epidemiol 2005;58:882–893.",
        "10.1016/j.jclinepi.2005.01.016",
    ),
    "copas2013": Reference(
        "Copas JB. A likelihood-based sensitivity analysis for publication bias in meta-analysis. "
        "J R Stat Soc C 2013;62:47–66.",
        "10.1111/j.1467-9876.2012.01049.x",
    ),
    "zhou2023": Reference(
        "Zhou Y, Huang A, Hattori S. A likelihood-based sensitivity analysis for publication bias "
        "on the summary receiver operating characteristic in meta-analysis of diagnostic test "
        "accuracy. Stat Med 2023;42:781–798.",
        "10.1002/sim.9643",
    ),
    "konstantopoulos2011": Reference(
        "Konstantopoulos S. Fixed effects and variance components estimation in three-level "
        "meta-analysis. Res Synth Methods 2011;2:61–76.",
        "10.1002/jrsm.35",
    ),
    "jackson2018": Reference(
        "Jackson D, Law M, Stijnen T, Viechtbauer W, White IR. A comparison of seven "
        "random-effects models for meta-analyses that estimate the summary odds ratio. Stat Med "
        "2018;37:1059–1085.",
        "10.1002/sim.7588",
    ),
    "stijnen2010": Reference(
        "Stijnen T, Hamza TH, Özdemir P. Random effects meta-analysis of event outcome in the "
        "framework of the generalized linear mixed model with applications in sparse data. Stat "
        "Med 2010;29:3046–3067.",
        "10.1002/sim.4040",
    ),
    "youngxu2008": Reference(
        "Young-Xu Y, Chan KA. Pooling overdispersed binomial data to estimate event rate. BMC Med "
        "Res Methodol 2008;8:58.",
        "10.1186/1471-2288-8-58",
    ),
    "kuss2015": Reference(
        "Kuss O. Statistical methods for meta-analyses including information from studies without "
        "any events: add nothing to nothing and succeed nevertheless. Stat Med "
        "2015;34:1097–1116.",
        "10.1002/sim.6383",
    ),
    "lkj2009": Reference(
        "Lewandowski D, Kurowicka D, Joe H. Generating random correlation matrices based on vines "
        "and extended onion method. J Multivar Anal 2009;100:1989–2001.",
        "10.1016/j.jmva.2009.04.008",
    ),
    "clopper1934": Reference(
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case "
        "of the binomial. Biometrika 1934;26:404–413.",
        "10.1093/biomet/26.4.404",
    ),
    "marshall2003": Reference(
        "Marshall EC, Spiegelhalter DJ. Approximate cross-validatory predictive checks in disease "
        "mapping models. Stat Med 2003;22:1649–1660.",
        "10.1002/sim.1403",
    ),
    "vehtari2017": Reference(
        "Vehtari A, Gelman A, Gabry J. Practical Bayesian model evaluation using leave-one-out "
        "cross-validation and WAIC. Stat Comput 2017;27:1413–1432.",
        "10.1007/s11222-016-9696-4",
    ),
    "merkle2019": Reference(
        "Merkle EC, Furr D, Rabe-Hesketh S. Bayesian comparison of latent variable models: "
        "conditional versus marginal likelihoods. Psychometrika 2019;84:802–829.",
        "10.1007/s11336-019-09679-0",
    ),
    "vehtari2024": Reference(
        "Vehtari A, Simpson D, Gelman A, Yao Y, Gabry J. Pareto smoothed importance sampling. "
        "J Mach Learn Res 2024;25(72):1–58."
    ),
    "vehtari2021": Reference(
        "Vehtari A, Gelman A, Simpson D, Carpenter B, Bürkner P-C. Rank-normalization, folding, "
        "and localization: an improved R-hat for assessing convergence of MCMC. Bayesian Anal "
        "2021;16:667–718.",
        "10.1214/20-BA1221",
    ),
    "cappe2008": Reference(
        "Cappé O, Douc R, Guillin A, Marin J-M, Robert CP. Adaptive importance sampling in general "
        "mixture classes. Stat Comput 2008;18:447–459.",
        "10.1007/s11222-008-9059-x",
    ),
    "hoffman2014": Reference(
        "Hoffman MD, Gelman A. The No-U-Turn sampler: adaptively setting path lengths in "
        "Hamiltonian Monte Carlo. J Mach Learn Res 2014;15:1593–1623."
    ),
    "pymc": Reference(
        "Abril-Pla O, Andreani V, Carroll C, et al. PyMC: a modern, and comprehensive "
        "probabilistic programming framework in Python. PeerJ Comput Sci 2023;9:e1516.",
        "10.7717/peerj-cs.1516",
    ),
    "nutpie": Reference("nutpie, a sampler for PyMC models. github.com/pymc-devs/nutpie."),
    "arviz": Reference(
        "Kumar R, Carroll C, Hartikainen A, Martin O. ArviZ: a unified library for exploratory "
        "analysis of Bayesian models in Python. J Open Source Softw 2019;4(33):1143.",
        "10.21105/joss.01143",
    ),
}
OF_ENGINE = {
    "quadrature": ("cappe2008", "vehtari2024"),
    "nuts": ("hoffman2014", "vehtari2021", "pymc", "arviz"),
}
ALWAYS = ("marshall2003", "vehtari2017", "merkle2019", "vehtari2024")


def references(keys: Iterable[str]) -> list[Reference]:
    """The works behind the keys, once each, in order.

    Raises
    ------
    ValueError
        When a key is unknown; the message lists the known ones.
    """
    distinct = list(dict.fromkeys(keys))
    unknown = [key for key in distinct if key not in REFERENCES]
    if unknown:
        raise ValueError(f"no reference {', '.join(unknown)}; allowed: {', '.join(REFERENCES)}")
    return [REFERENCES[key] for key in distinct]
