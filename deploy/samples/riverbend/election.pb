META
key;value
description;Neighborhood projects 2026
unit;City of Riverbend
instance;2026
num_projects;12
num_votes;206
budget;300000
vote_type;approval
rule;equalshares/add1
date_begin;01.05.2026
date_end;15.05.2026
min_length;1
max_length;5
language;en
currency;USD
comment;#1: An invented election of an invented city. #2: Residents of 14 years and older named up to five projects.
PROJECTS
project_id;cost;votes;name;category;target
1;95000;76;Riverside playground for every age;Parks;Families with children
2;78000;69;Skate spot at Harlan Square;Parks;Young people
3;64000;70;Lights on the mill trail;Street safety;Walkers and cyclists
4;42000;67;Shade trees at thirty bus stops;Trees;Bus riders
5;36000;62;Book lockers at two bus hubs;Library;Readers
6;58000;64;Safe crossing at Fifth Street School;Street safety;Families with children
7;88000;45;Community kitchen in the Eastside center;Recreation;Neighbors east of the river
8;24000;42;Garden beds on vacant lots;Trees;Neighbors east of the river
9;52000;78;Dog park at Old Depot;Parks;Dog owners
10;31000;50;Free internet on Eastside Commons;Library;Neighbors east of the river
11;27000;38;Rain garden by the main library;Trees;Visitors of the library
12;12000;65;Bike repair stands on both banks;Street safety;Walkers and cyclists
VOTES
voter_id;neighborhood;vote
1;Ward 5;2,7,10,11
2;Ward 1;1,2,4,6
3;Ward 2;1,6,9
4;Ward 1;1,2,12
5;Ward 1;1,3
6;Ward 5;5,7,12
7;Ward 4;2,5,7,8,11
8;Ward 3;2,3,6,12
9;Ward 1;1,2,3,4,6
10;Ward 1;1,6,9,10,12
11;Ward 3;3,5
12;Ward 1;1,3,5,12
13;Ward 3;1,4,8
14;Ward 1;1,3,4,12
15;Ward 5;2,4,7,8,9
16;Ward 2;1,2,3,5,9
17;Ward 5;7,12
18;Ward 1;1,3,6,9
19;Ward 4;4,5,10
20;Ward 2;2,3,6,9,12
21;Ward 3;1,4,6,9,12
22;Ward 3;1,3,6,9
23;Ward 5;7,10
24;Ward 6;8,11
25;Ward 2;1,2,3,6,11
26;Ward 4;5,7,8,10
27;Ward 2;2,3,12
28;Ward 4;8,10,12
29;Ward 2;2,3,9,10
30;Ward 5;5,10
31;Ward 3;1,2,6,9,11
32;Ward 1;1,3,5,6,12
33;Ward 5;5,7,9
34;Ward 3;9
35;Ward 1;3,6,9
36;Ward 1;4,5,6,9,10
37;Ward 4;8,12
38;Ward 1;1,3,4
39;Ward 3;2,3
40;Ward 5;3,10,12
41;Ward 4;7,8
42;Ward 4;2,4,8,10,11
43;Ward 2;12
44;Ward 2;9
45;Ward 1;1,3,5,6,9
46;Ward 3;1
47;Ward 3;3,6,9,12
48;Ward 5;7,9,10,12
49;Ward 4;4,6,7,8
50;Ward 4;7,8
51;Ward 6;4,7
52;Ward 1;2,3,6
53;Ward 3;1
54;Ward 3;1,6
55;Ward 5;7,11,12
56;Ward 2;2,9,11
57;Ward 5;7,9,12
58;Ward 3;3,5,9
59;Ward 3;2,3,11,12
60;Ward 5;7,11
61;Ward 5;4,7,8,12
62;Ward 2;2,6,9
63;Ward 4;4,5,7,8,10
64;Ward 5;4,10,12
65;Ward 5;7,8,12
66;Ward 3;2,3,9,12
67;Ward 4;5,8,10,12
68;Ward 1;1,2,5,12
69;Ward 5;3,4,5,7
70;Ward 3;1,2,3,6,9
71;Ward 6;3,4,7,10
72;Ward 1;1,4,5,6,9
73;Ward 2;3,5,6,9
74;Ward 1;2,3,6,9,12
75;Ward 3;2,6,8
76;Ward 4;4,5,7,10,12
77;Ward 3;1,5,9,10,12
78;Ward 1;2,4,9
79;Ward 6;11
80;Ward 3;2,9
81;Ward 3;1
82;Ward 5;5,7,10,12
83;Ward 6;4,5,11
84;Ward 3;1,2,3,6,9
85;Ward 4;5,10
86;Ward 3;3,12
87;Ward 2;1,2,3,5
88;Ward 2;1,3,9
89;Ward 5;3,7,12
90;Ward 1;1,4,5,12
91;Ward 4;8,10
92;Ward 4;5,7,8,10
93;Ward 6;8,11
94;Ward 5;4,8,10
95;Ward 2;2,3,5,9,12
96;Ward 4;8
97;Ward 5;2,4,7,8,9
98;Ward 3;1,2,4,8
99;Ward 1;1,3,4,6,9
100;Ward 1;2,4,6,9
101;Ward 1;1,6,9,12
102;Ward 5;4,5,10
103;Ward 1;1,2,4,6
104;Ward 2;1,2,5,9,12
105;Ward 2;1,2,3,6,9
106;Ward 4;4,8,12
107;Ward 3;3,6
108;Ward 1;1,4,5,9
109;Ward 1;1,2,3,6
110;Ward 6;2,4,5,11
111;Ward 6;5,11,12
112;Ward 2;1,2,6,9
113;Ward 1;3,6,9,12
114;Ward 4;4,5,7,10
115;Ward 6;2,7,8,10,11
116;Ward 6;7,11,12
117;Ward 2;2,6,9,12
118;Ward 5;7,8,12
119;Ward 2;1,2,8,9,12
120;Ward 2;1,2,3,9
121;Ward 1;1,4,6,9,12
122;Ward 4;7,8,10,12
123;Ward 4;4,6,10,11
124;Ward 4;7,8,10,11
125;Ward 2;1,2,3,9
126;Ward 6;11
127;Ward 6;7,10,11
128;Ward 5;8,10,11
129;Ward 3;3,4,6,9,12
130;Ward 5;12
131;Ward 2;4,6,9
132;Ward 1;1,5,9
133;Ward 2;2,6,12
134;Ward 1;1,4,6,11
135;Ward 3;4,5,6,10
136;Ward 1;1,4,5,6,9
137;Ward 1;1,3,4,6,9
138;Ward 6;7,8,10,12
139;Ward 1;1,4,6
140;Ward 5;11
141;Ward 1;1,2,9
142;Ward 6;4,11,12
143;Ward 3;1,2,3,4,10
144;Ward 2;1,9
145;Ward 3;1,3,5,6
146;Ward 2;2,4,9
147;Ward 5;4,11
148;Ward 3;1,3,4,9,12
149;Ward 4;3,5,8,9,10
150;Ward 1;1,4,5
151;Ward 3;3,5,6,9
152;Ward 6;7,9,11,12
153;Ward 4;4,7,8,10,11
154;Ward 1;1,3,6,9,10
155;Ward 2;1,9,10
156;Ward 2;2,3,5,6,9
157;Ward 2;2,3,5,12
158;Ward 6;4,7,11
159;Ward 2;3,5,9
160;Ward 2;3,4,6,9,12
161;Ward 1;1,2
162;Ward 3;2,3,4,9,12
163;Ward 2;1,2,3,4,5
164;Ward 2;2,3,9
165;Ward 2;1,4,5
166;Ward 6;4,7,8,11,12
167;Ward 2;4,5,6,9,12
168;Ward 2;1,2,3,5,6
169;Ward 2;4,5,6,9,10
170;Ward 3;2,3
171;Ward 2;4,9
172;Ward 6;10,11
173;Ward 6;7,8,10,12
174;Ward 5;8,10,11
175;Ward 1;1,6,9,12
176;Ward 6;3,10,11
177;Ward 6;5,8
178;Ward 3;1,9
179;Ward 1;2,6,9
180;Ward 3;1,2,3,5
181;Ward 1;1,5
182;Ward 6;11
183;Ward 3;3
184;Ward 1;1,5,6,9
185;Ward 2;1,2,4,5,6
186;Ward 5;5,7,8,12
187;Ward 4;2,5,7,10,12
188;Ward 4;6,12
189;Ward 4;4,5,7,8,10
190;Ward 4;4,5,8,10,11
191;Ward 6;4,7,10,11
192;Ward 3;1,2,3,10
193;Ward 5;7,8,10,11
194;Ward 2;1,2,4,7,12
195;Ward 1;1,2,5,6,9
196;Ward 6;6,8,11,12
197;Ward 3;1,2,3,9
198;Ward 3;2,3,4,6,10
199;Ward 3;1,2,3,5,9
200;Ward 1;1,5,6
201;Ward 2;3,4,9
202;Ward 1;1,9
203;Ward 1;1,2,3,4,6
204;Ward 2;2,3,4,5
205;Ward 3;1,2,12
206;Ward 2;1,2,3
